import { setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { deferredCalls, ownParameters } from '../mechanisms/deferred-calls.ts';
import { metIn, ownFrameOf, raised, withAnswers } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { lookAlikes, suggestion } from '../mechanisms/names.ts';
import { parametersOf } from '../mechanisms/offers.ts';
import { distributionOf, olderRelease } from '../mechanisms/older-release.ts';
import { handedKeyword } from '../mechanisms/splat-keywords.ts';
import type { HandedKeyword } from '../mechanisms/splat-keywords.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'unexpected-keyword-argument';

/** `AsyncClient.__init__() got an unexpected keyword argument 'proxies'. Did you mean 'proxy'?` */
const UNEXPECTED = /^(?<callable>[\w.<>]{1,300})\(\) got an unexpected keyword argument '(?<name>\w{1,200})'/;
/** Leaving such an argument out could open what it closes. */
const GUARDS = /ssl|tls|verify|cert|auth|secure|secret|token|key|password|permission|allow|origin|csrf|cookie|depend|valid|check|limit|raise|strict/i;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A call passes a keyword that the function does not take.',
  lastResort: true,
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure', 'request-fails'],
  detect: (evidence, source, index) => raised(evidence, ['TypeError'], UNEXPECTED).flatMap((seen) => findingFor(seen, source, index).map((finding) => ({ ...finding, explains: withAnswers(seen.at, evidence) }))),
};

function findingFor(seen: Seen, source: Source, index: PackageIndex): Finding[] {
  const { callable = '', name = '' } = seen.match?.groups ?? {};
  const place = placeOf(seen, callable, name, source);
  // A call inside a package that another one does not understand is a matter of their versions, and of another kind.
  if (place === undefined) return [];
  const { file, line, call } = place;
  const shape = shapeOf(callable, call, source, index);
  const from = shape?.module === undefined ? undefined : distributionOf(shape.module, index);
  const caller = source.files.get(file);
  const handed = call === undefined && caller !== undefined ? handedKeyword(source, caller, line, name) : undefined;
  return [{
    kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file, line,
    facts: { callable, name },
    what: `${file} passes ${name} to ${callable}, which takes no such argument.`,
    why: `${from === undefined ? callable : `${callable} of ${from.name} ${from.version}`} takes ${shape === undefined || shape.parameters.length === 0 ? 'other arguments' : list(shape.parameters.slice(0, 12))}${(shape?.parameters.length ?? 0) > 12 ? ' and more' : ''}; ${name} was renamed or removed, is misspelt, or was never there.`,
    todo: `Look up what took the place of ${name}, and change the call in ${file}.`,
    candidates: call === undefined ? leftOut(handed, name, callable) : candidates({ seen, name, callable }, call, source, index), explains: [seen.at],
  }];
}

/** The call takes its keywords from a dictionary of the tree. */
function leftOut(handed: HandedKeyword | undefined, name: string, callable: string): readonly Fix[] {
  return handed === undefined || GUARDS.test(name) ? [] : fixOf({
    title: `Leave ${name} out of ${handed.holder} in ${handed.file.path}`, safety: 'likely', edits: handed.edits,
    explanation: `${callable} gets its arguments from there and takes no argument ${name}. What it asked for is not done any more; somebody who knows why it was there should look at it.`,
  });
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly call: Call | undefined;
}

/** The line of the tree that calls, or that hands the callable to a package which calls it. */
function placeOf(seen: Seen, callable: string, name: string, source: Source): Place | undefined {
  const own = ownFrameOf(seen);
  const file = source.files.get(own?.file ?? '');
  if (own !== undefined && seen.exception.frames.at(-1)?.owner === 'tree') return { file: own.file, line: own.line, call: file === undefined ? undefined : callAt(file, own.line, name) };
  const handed = deferredCalls(callable, source).filter(({ call }) => call.arguments.some((each) => each.name === name));
  const [first] = handed;
  return first === undefined || handed.length > 1 ? undefined : { file: first.file.path, line: first.call.line, call: first.call };
}

function shapeOf(callable: string, call: Call | undefined, source: Source, index: PackageIndex): { readonly parameters: readonly string[]; readonly open: boolean; readonly module?: string } | undefined {
  return parametersOf(callable, index, call?.callee) ?? parametersOf(callable, index) ?? ownParameters(callable, source);
}

/** The innermost call of that line that passes the keyword; calls can begin some lines above. */
function callAt(file: SourceFile, line: number, keyword: string): Call | undefined {
  return callsOf(file).filter((call) => call.line <= line && line <= call.node.endPosition.row + 1 && call.arguments.some((each) => each.name === keyword)).at(-1);
}

interface Unexpected {
  readonly seen: Seen;
  readonly name: string;
  readonly callable: string;
}

function candidates({ seen, name, callable }: Unexpected, call: Call, source: Source, index: PackageIndex): readonly Fix[] {
  const file = source.files.get(call.file);
  if (file === undefined) return [];
  const shape = shapeOf(callable, call, source, index);
  const passed = new Set(call.arguments.map((each) => each.name));
  const byPosition = call.arguments.filter((each) => each.name === undefined && !each.splat).length;
  const free = (shape?.parameters ?? []).slice(byPosition).filter((parameter) => !passed.has(parameter));
  const said = suggestion(seen.exception.message) ?? /Did you mean '(?<name>\w{1,200})'\?/.exec(seen.exception.message.slice(0, 1_000))?.groups?.['name'];
  // `user` became `username`: a part of the old name, or more than it.
  const longer = free.filter((parameter) => parameter.length > 2 && name.length > 2 && (parameter.startsWith(name) || name.startsWith(parameter) || parameter.endsWith(`_${name}`)));
  const alike = lookAlikes(name, free, said !== undefined && !passed.has(said) ? said : undefined);
  // The only parameter that the call leaves out is what its one strange argument is for.
  const only = free.length === 1 && shape?.open === false ? free : [];
  const renamed = [...new Set([...alike, ...longer.slice(0, 2), ...only])].flatMap((other) => fixOf({
    title: `Pass ${other} instead of ${name}`, safety: 'likely',
    edits: call.arguments.filter((each) => each.name === name).map((each) => ({ file: file.path, old: name, new: other, at: each.start })),
    explanation: `${callable} takes ${other}, and the call does not pass it yet.`,
  }));
  const older = shape?.module === undefined ? [] : olderRelease(shape.module, `the argument ${name} of ${callable}`, source, index);
  const dropped = GUARDS.test(name) ? [] : fixOf({
    title: `Leave ${name} out of the call of ${call.written}`, safety: 'likely', edits: setKeyword(file, call, name, null),
    explanation: `${callable} takes no argument ${name}. What it asked for is not done any more; somebody who knows why it was there should look at it.`,
  });
  return [...renamed, ...older, ...dropped];
}
