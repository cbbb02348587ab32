/** What ran before the server, and failed so that the project's own start would have ended there. */
import type { BeforeRun, BootOutput } from './boot-output.ts';
import type { Fault } from './evidence.ts';
import { lastWords } from './line-faults.ts';

/** The first required command that did not end well. */
export function failedBefore(output: BootOutput): BeforeRun | undefined {
  return output.before?.find(({ required, code }) => required && code !== 0);
}

/** A fault of its own, for what is printed may not say which command it was. */
export function beforeFault(output: BootOutput, { command, from, code, signal, timedOut }: BeforeRun): Fault {
  const end = timedOut === true ? 'did not end in time' : signal === undefined ? `ended with ${code ?? 'no code'}` : `was ended by ${signal}`;
  const summary = `${command.join(' ')} (${from}) ${end}, so the server would not have been started`;
  return { form: 'exit', during: 'start', chain: [], validation: [], summary, text: [summary, ...lastWords(output)].join('\n'), from: -1, to: -1 };
}
