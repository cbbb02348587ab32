import type { Evidence } from '../../parsers/evidence.ts';
import { callsOf, nameUses } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { SourceFile, Source } from '../../source/types.ts';
import { ownFrameOf, raised, said } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'startup-coroutine-never-awaited';

/** `src/main.py:21: coroutine 'init_db' was never awaited` */
const WARNED = /^(?<file>[^\s:]{1,400}):(?<line>\d{1,7}): coroutine '(?<name>[^']{1,300})' was never awaited/;
/** `'coroutine' object has no attribute 'one'`, `'coroutine' object is not iterable` */
const USED = /^'coroutine' object (?:has no attribute|is not (?:iterable|subscriptable|callable|an async iterator)|does not support)|object coroutine can't be used/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'An async function is called and nobody waits for it, so its work is never done.',
  refines: ['request-fails', 'attributeerror-at-import', 'unknown-failure'],
  detect: (evidence, source) => {
    const used = raised(evidence, ['AttributeError', 'TypeError'], USED).flatMap((seen) => {
      const own = ownFrameOf(seen);
      const file = source.files.get(own?.file ?? '');
      const call = file === undefined ? undefined : madeAt(file, own?.line ?? 0);
      return file === undefined || own === undefined ? [] : [findingFor({ file, line: call?.line ?? own.line, call, name: lastPart(call?.written ?? own.source ?? '') }, evidence, [seen.at])];
    });
    const warned = said(evidence, ['log'], WARNED).flatMap(({ at, match }) => atWarning(source, evidence, at, match));
    return [...used, ...warned];
  },
};

interface Unawaited {
  readonly file: SourceFile;
  readonly line: number;
  readonly call: Call | undefined;
  readonly name: string;
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}

/** The warning names the line in which the coroutine was thrown away: that of the call, when nothing kept it. */
function atWarning(source: Source, evidence: Evidence, at: number, match: RegExpMatchArray): readonly Finding[] {
  const { file: path = '', line = '', name = '' } = match.groups ?? {};
  const file = source.files.get(path);
  const call = file === undefined ? undefined : callsOf(file).find((each) => !each.awaited && lastPart(each.written) === lastPart(name) && each.line <= Number(line) && Number(line) <= each.node.endPosition.row + 1);
  return file === undefined || call === undefined ? [] : [findingFor({ file, line: call.line, call, name: lastPart(name) }, evidence, [at])];
}

function findingFor({ file, line, call, name }: Unawaited, evidence: Evidence, explains: readonly number[]): Finding {
  return {
    kind, stage: 'lifespan', severity: evidence.stage === 'healthy' ? 'MEDIUM' : 'CRITICAL', category: 'ENTRYPOINT', file: file.path, line, facts: { file: file.path, name },
    what: `${file.path} calls ${name} without await, so it never runs.`,
    why: 'Calling an async function only makes a coroutine. Its code runs when somebody awaits it; until then nothing it should do has been done.',
    todo: call !== undefined && !isInAsync(call) ? `Call ${name} from async code and await it there.` : `Write await before the call of ${name}.`,
    candidates: call === undefined ? [] : awaited(file, call), explains,
  };
}

/** Functions that go through what they are given: it is their argument that was not awaited, never they themselves. */
const CONSUMERS = /^(?:list|tuple|set|frozenset|dict|sorted|len|sum|any|all|enumerate|zip|map|filter|next|iter|max|min|reversed|str|int|bool|isinstance|print)$/;

function isConsumed({ node }: Call): boolean {
  return node.parent?.type === 'argument_list' && CONSUMERS.test(node.parent.parent?.childForFieldName('function')?.text ?? '');
}

/** The call whose result a line uses: the receiver itself, or what was assigned to its name before in the same function. */
function madeAt(file: SourceFile, line: number): Call | undefined {
  const here = callsOf(file).filter((call) => call.line <= line && line <= call.node.endPosition.row + 1 && !call.awaited && !CONSUMERS.test(call.written));
  const direct = here.find((call) => isConsumed(call) || call.node.parent?.type === 'attribute' || call.node.parent?.type === 'subscript' || call.node.parent?.type === 'for_statement');
  if (direct !== undefined && !here.some((call) => call !== direct && call.start === direct.start && call.end < direct.end)) return direct;
  const names = new Set(here.map((call) => call.written.split('.')[0] ?? '').concat([...(file.text.split('\n')[line - 1] ?? '').matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name)));
  return callsOf(file).findLast((call) => call.assignedTo !== undefined && !call.awaited && names.has(call.assignedTo.split(':')[0]?.trim() ?? '') && call.line <= line && nameUses(file, call.assignedTo).some((use) => use.line === line) && sameFunction(call, line));
}

function sameFunction(call: Call, line: number): boolean {
  const def = [...ancestors(call.node)].find((node) => node.type === 'function_definition');
  return def !== undefined && def.startPosition.row + 1 <= line && line <= def.endPosition.row + 1;
}

function isInAsync(call: Call): boolean {
  return [...ancestors(call.node)].find((node) => node.type === 'function_definition' || node.type === 'lambda')?.text.startsWith('async') === true;
}

function awaited(file: SourceFile, call: Call): readonly Fix[] {
  if (!isInAsync(call)) return [];
  const old = file.text.slice(call.start, call.end);
  const inside = call.node.parent?.type === 'attribute' || call.node.parent?.type === 'subscript';
  return fixOf({
    title: `Await ${call.written}`, safety: 'safe', edits: [inside ? { file: file.path, old, new: `(await ${old})`, at: call.start } : { file: file.path, old: '', new: 'await ', at: call.start }],
    explanation: 'The call stands in an async function, which can wait for it; what follows then finds its work done.',
  });
}
