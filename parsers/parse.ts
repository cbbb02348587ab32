/** The one entry: what a boot printed and answered → what it means for the rules. Pure: no disk, no clock, time linear in the text. */
import type { BootOutput } from './boot-output.ts';
import type { Evidence, Fault } from './evidence.ts';
import { exceptionFaults } from './exception-faults.ts';
import { withoutRepeats } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import { placeFor } from './frames.ts';
import type { Place } from './frames.ts';
import { installProblems } from './installer.ts';
import { logFaults, serverFault } from './line-faults.ts';
import { logicalLines } from './logical-lines.ts';
import type { LogicalLine } from './logical-lines.ts';
import { namesOf } from './names.ts';
import { serverLines } from './server-lines.ts';
import { slowStartOf } from './slow-start.ts';
import { judge } from './stage.ts';
import { timelineOf } from './timeline.ts';
import { poolFaults, warningFaults } from './warnings.ts';
import type { Timeline } from './timeline.ts';
import { tracebacks } from './traceback.ts';

/** Turns a boot into evidence. Never throws for any text; a boot that is not healthy has at least one fault. Secrets are masked. */
export function parse(output: BootOutput): Evidence {
  const streams = logicalLines(output.lines);
  if (output.stage === 'image' || output.stage === 'install') return installEvidence(output, streams);
  const timeline = timelineOf(streams);
  const place = placeFor(output.paths);
  const found = childrenFirst(withoutRepeats(streams.flatMap((lines) => faultsOfStream(lines, place, timeline))));
  const { stage, faults } = judge(output, found, timeline);
  const slow = stage === 'healthy' ? slowStartOf(output) : undefined;
  return { stage, faults, names: namesOf(faults), ...(slow === undefined ? {} : { slow }) };
}

/**
 * `subprocess.CalledProcessError: Command '[…]' returned non-zero exit status 1.` says only that a program failed which the app ran; where that program's
 * own traceback was printed too, it says why.
 */
function childrenFirst(found: readonly FoundFault[]): FoundFault[] {
  const caller = found.find(({ fault }) => fault.during === 'start' && fault.chain.at(-1)?.type === 'subprocess.CalledProcessError');
  if (caller === undefined) return [...found];
  const isChild = (one: FoundFault): boolean => one !== caller && one.fault.during === 'start' && ['<module>', '_run_module_as_main'].includes(one.fault.chain.at(-1)?.frames[0]?.function ?? '');
  return found.map((one) => (isChild(one) ? { ...one, weight: Math.max(one.weight, caller.weight + 0.1) } : one));
}

function faultsOfStream(lines: readonly LogicalLine[], place: Place, timeline: Timeline): FoundFault[] {
  const blocks = tracebacks(lines, place);
  const taken = new Set<number>();
  for (const { start, end } of blocks) {
    // The record that introduces a traceback stands at most four lines before it.
    for (let at = Math.max(0, start - 4); at < end; at += 1) if (at >= start || lines[at]?.level !== undefined) taken.add(at);
  }
  const raised = blocks.flatMap((block) => exceptionFaults(lines, block, timeline));
  const told = serverLines(lines).filter((line) => !taken.has(line.start));
  for (const { start, end } of told) for (let at = start; at < end; at += 1) taken.add(at);
  const alembic = new Set(told.map((line) => line.reason));
  const logged = logFaults(lines, taken, timeline).filter((one) => !alembic.has(one.fault.summary));
  return [...raised, ...told.map((line) => serverFault(lines, line, timeline)), ...logged, ...warningFaults(lines, place), ...poolFaults(lines)];
}

function installEvidence(output: BootOutput, streams: readonly LogicalLine[][]): Evidence {
  const faults: Fault[] = streams.flatMap((lines) =>
    installProblems(lines).map(({ start, end, ...install }) => {
      const text = lines.slice(Math.max(0, start - 1), end).map((line) => line.text).join('\n').trimEnd();
      const subject = install.package ? `${install.package}${install.version ? ` ${install.version}` : ''}: ` : '';
      return { form: 'install', during: 'install', chain: [], validation: [], summary: `${subject}${install.reason}`.slice(0, 500), text, from: lines[start]?.index ?? -1, to: (lines[end - 1]?.index ?? -1) + 1, install } as const;
    }),
  );
  if (faults.length === 0) faults.push(unreadInstall(output, streams.flat()));
  return { stage: output.stage, faults, names: namesOf(faults) };
}

function unreadInstall(output: BootOutput, lines: readonly LogicalLine[]): Fault {
  const said = lines.filter((line) => line.text.trim() !== '');
  const telling = said.findLast((line) => /error|failed|cannot|could not/i.test(line.text)) ?? said.at(-1);
  const reason = telling?.text.trim().slice(0, 500) ?? `The installation ended with exit code ${output.exit?.code ?? 'unknown'} without a word`;
  const text = said.slice(-60).map((line) => line.text).join('\n');
  return { form: 'install', during: 'install', chain: [], validation: [], summary: reason, text, from: telling?.index ?? -1, to: telling ? telling.index + 1 : -1, install: { problem: 'other', reason } };
}
