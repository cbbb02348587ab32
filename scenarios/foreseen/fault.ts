/** What a start would print, made up from what the files say: the same values that parsers make of a real log. */
import type { Stage } from '../../parsers/boot-output.ts';
import type { ExceptionInfo, Fault, Frame, ValidationItem } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';

/** One fault that a start is expected to meet, as if it were the only one. */
export interface ForeseenFault {
  readonly fault: Fault;
  /** Where on the ladder it would stop the start. */
  readonly stage: Stage;
}

/** Finds faults of one family without running anything. Only what is sure: a guess costs more than a gap. */
export type Foresight = (source: Source, index: PackageIndex) => readonly ForeseenFault[];

export interface Raised {
  readonly type: string;
  readonly message: string;
  /** Outermost first. */
  readonly frames: readonly Frame[];
  readonly during?: Fault['during'];
  readonly validation?: readonly ValidationItem[];
  readonly syntax?: ExceptionInfo['syntax'];
}

export function exceptionFault({ type, message, frames, during = 'start', validation = [], syntax }: Raised): Fault {
  const summary = `${type}: ${message.split('\n')[0] ?? ''}`;
  return {
    form: 'exception', during, validation, summary, text: summary, from: -1, to: -1,
    chain: [{ type, message, notes: [], frames, ...(syntax === undefined ? {} : { syntax }) }],
  };
}

/** A line of the tree; its text is what a traceback would show below it. */
export function treeFrame(source: Source, file: string, line: number, name = '<module>'): Frame {
  const text = source.files.get(file)?.text.split('\n')[line - 1]?.trim();
  return { file, line, function: name, owner: 'tree', ...(text === undefined ? {} : { source: text }) };
}

/** @param path below site-packages: `sqlalchemy/dialects/postgresql/asyncpg.py` */
export function packageFrame(path: string, name: string): Frame {
  return { file: `/env/lib/python3/site-packages/${path}`, line: 1, function: name, owner: 'package' };
}

/** No installation brings the distribution, as far as anybody can know. */
export function isAbsent(index: PackageIndex, distribution: string, module: string): boolean {
  if (index.distributions.length === 0 || index.foreseen?.closed === false) return false;
  return !index.distributions.some(({ name, modules }) => name.toLowerCase().replace(/[-_.]+/g, '-') === distribution || modules.includes(module));
}

/** Version of a distribution as numbers; undefined when it is not there or not known. */
export function versionOf(index: PackageIndex, distribution: string): readonly [major: number, minor: number] | undefined {
  const found = index.distributions.find(({ name }) => name.toLowerCase().replace(/[-_.]+/g, '-') === distribution)?.version ?? '';
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(found) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}
