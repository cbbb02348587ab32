import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { SourceFile } from '../../source/types.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'create-all-on-async-engine';

/** `'AsyncEngine' object has no attribute '_run_ddl_visitor'` */
const NO_DDL = /^'AsyncEngine' object has no attribute '_run_ddl_visitor'/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Tables are created directly on an async engine, which cannot do that.',
  detect: (evidence, source) => raised(evidence, ['AttributeError'], NO_DDL).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const file = own === undefined ? undefined : source.files.get(own.file);
    const call = file === undefined ? undefined : createAll(file).find((each) => each.line === own?.line) ?? createAll(file)[0];
    return {
      kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { file: own?.file ?? '', function: own?.function ?? '' },
      what: `${own?.file ?? 'The code'} calls create_all with an async engine.`,
      why: 'create_all works synchronously on a connection. An AsyncEngine has none to give; its connections run such functions with run_sync.',
      todo: 'Write: async with engine.begin() as connection: await connection.run_sync(metadata.create_all), inside async code.',
      candidates: file === undefined || call === undefined ? [] : candidates(file, call), explains: [seen.at],
    };
  }),
};

/** `Base.metadata.create_all(bind=engine)` as a statement of its own. */
function createAll(file: SourceFile): readonly Call[] {
  return isServerCode(file.path) ? callsOf(file).filter((call) => /\.(?:create_all|drop_all)$/.test(call.written)) : [];
}

function candidates(file: SourceFile, call: Call): readonly Fix[] {
  const engine = (call.arguments.find((argument) => argument.name === 'bind') ?? call.arguments.find((argument) => argument.name === undefined))?.value;
  const start = file.text.lastIndexOf('\n', call.start) + 1;
  const indent = file.text.slice(start, call.start);
  if (engine === undefined || !/^[ \t]*$/.test(indent)) return [];
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const step = indent.includes('\t') ? '\t' : '    ';
  const block = (at: string): string => `async with ${engine}.begin() as connection:${eol}${at}${step}await connection.run_sync(${call.written})`;
  const explanation = 'run_sync hands create_all the sync connection that it needs, and the engine stays async. The same tables are created as before.';
  if (call.scope !== '') {
    return isAsync(file, call) ? fixOf({ title: 'Create the tables with run_sync', safety: 'safe', edits: [{ file: file.path, old: file.text.slice(call.start, call.end), new: block(indent), at: call.start }], explanation }) : asyncToo(file, call, block(indent), explanation);
  }
  return inLifespan(file, call, start, block, eol);
}

/** The nearest function above is an `async def`. */
function isAsync(file: SourceFile, call: Call): boolean {
  return /(?:^|\n)[ \t]*(?<async>async )?def [^\n]*$/.exec(lastDef(file, call))?.groups?.['async'] !== undefined;
}

function lastDef(file: SourceFile, call: Call): string {
  const before = file.text.slice(0, call.start);
  const at = Math.max(before.lastIndexOf('\ndef '), before.lastIndexOf(' def '), before.startsWith('def ') ? 0 : -1);
  const lineStart = before.lastIndexOf('\n', at === -1 ? 0 : at - (before[at] === '\n' ? 0 : 1));
  const end = before.indexOf('\n', at + 1);
  return before.slice(Math.max(0, lineStart), end < 0 ? undefined : end);
}

/** A sync function: it becomes async, and the one call of it in async code is awaited. */
function asyncToo(file: SourceFile, call: Call, block: string, explanation: string): readonly Fix[] {
  const name = call.scope.slice(call.scope.lastIndexOf('.') + 1);
  const def = new RegExp(`^def ${name}\\(`, 'm').exec(file.text);
  const callers = callsOf(file).filter((each) => each.written === name && each.scope !== '' && !each.awaited && isAsync(file, each));
  if (def === null || callers.length === 0 || callsOf(file).some((each) => each.written === name && !callers.includes(each))) return [];
  return fixOf({
    title: `Make ${name} async and create the tables with run_sync`, safety: 'likely', explanation,
    edits: [
      { file: file.path, old: '', new: 'async ', at: def.index },
      { file: file.path, old: file.text.slice(call.start, call.end), new: block, at: call.start },
      ...callers.map((each) => ({ file: file.path, old: '', new: 'await ', at: each.start })),
    ],
  });
}

/** At module level nothing can be awaited: the step moves to the beginning of the lifespan, where it still runs before any request. */
function inLifespan(file: SourceFile, call: Call, start: number, block: (indent: string) => string, eol: string): readonly Fix[] {
  const lifespan = /^async def (?<name>\w*lifespan\w*)\([^\n]*\n(?<indent>[ \t]+)(?:(?<quote>"""|''')[\s\S]*?\k<quote>[^\n]*\n[ \t]+)?/m.exec(file.text);
  if (lifespan === null) return [];
  const end = file.text.indexOf('\n', call.end);
  const old = file.text.slice(start, end < 0 ? undefined : end + 1);
  const indent = lifespan.groups?.['indent'] ?? '    ';
  return fixOf({
    title: 'Create the tables in the lifespan with run_sync', safety: 'likely',
    edits: [{ file: file.path, old, new: '', at: start }, { file: file.path, old: '', new: `${block(indent)}${eol}${indent}`, at: lifespan.index + lifespan[0].length }],
    explanation: 'Nothing can be awaited while a module loads, so the step moves to the beginning of the lifespan: the same tables are created, still before the first request.',
  });
}
