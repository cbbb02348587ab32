import { nameUses, callsOf, definitionsOf } from '../../source/python.ts';
import { importModule } from '../../source/import-edits.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { said } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'startup-hang-lifespan';

/** `No progress for 30 s; the code waits at src/main.py:14 in lifespan` */
const WAITS = /the code waits at (?<file>[^\s:]{1,300}):(?<line>\d{1,7}) in (?<name>\S{1,200})/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start never ends: a line of the start-up code waits for something that does not come.',
  detect: (evidence, source) => said(evidence, ['hang'], /^No progress/).map(({ at, fault }): Finding => {
    const { file, line, name } = WAITS.exec(fault.summary)?.groups ?? {};
    const number = line === undefined ? undefined : Number(line);
    const text = sourceLine(source, file, number);
    return {
      kind, stage: evidence.stage, severity: 'CRITICAL', category: 'ENTRYPOINT', file: file ?? fileOfModule(targetParts(source.run.app).module, source)?.path ?? manifestOf(source),
      ...(number === undefined ? {} : { line: number }), facts: { file: file ?? '', function: name ?? '', text: text ?? '' },
      what: file === undefined ? 'The start-up never ends, and no line of the backend itself is waiting.' : `The start-up waits in ${file} (${name ?? ''}) and never goes on.`,
      why: text === undefined
        ? 'The server accepts no request before its start-up code has finished, and something in it waits without a time limit.'
        : `The server accepts no request before its start-up code has finished, and "${text}" waits without a time limit.`,
      todo: 'Run what never ends as a task of its own (asyncio.create_task), and give calls to other services a time limit.',
      candidates: file === undefined || number === undefined ? [] : asTask(source, file, number), explains: [at],
    };
  }),
};

function sourceLine(source: Source, file: string | undefined, line: number | undefined): string | undefined {
  return file === undefined || line === undefined ? undefined : source.files.get(file)?.text.split('\n')[line - 1]?.trim();
}

/** `await poll()` where `poll` is a loop of the same file that never ends: what it does is kept, only nobody waits for it. */
function asTask(source: Source, path: string, line: number): readonly Fix[] {
  const file = source.files.get(path);
  if (file === undefined) return [];
  // The waiting line may be inside the loop itself; then its caller is the one to change.
  const endless = definitionsOf(file).filter((definition) => definition.kind === 'function' && definition.async && isEndless(file.text.slice(definition.start, definition.end)));
  const calls = callsOf(file).filter((call) => call.awaited && endless.some(({ name }) => name === call.written) && !endless.some((loop) => call.start >= loop.start && call.end <= loop.end));
  const call = calls.find((each) => each.line === line) ?? (calls.length === 1 ? calls[0] : undefined);
  const at = call === undefined ? -1 : file.text.lastIndexOf('await', call.start);
  if (call === undefined || at < 0) return [];
  const name = nameUses(file, 'background_task').length > 0 ? 'start_up_task' : 'background_task';
  const old = file.text.slice(at, call.end);
  return fixOf({
    title: `Start ${call.written} as a task of its own`, safety: 'likely',
    edits: [{ file: path, old, new: `${name} = asyncio.create_task(${file.text.slice(call.start, call.end)})`, at }, ...importModule(file, 'asyncio')],
    explanation: `${call.written} is a loop that never ends, so nothing behind it was ever reached. As a task it runs beside the requests; the variable keeps it alive.`,
  });
}

function isEndless(text: string): boolean {
  return /\bwhile (?:True|1)\s*:/.test(text) && !/^\s+(?:break|return)\b/m.test(text);
}
