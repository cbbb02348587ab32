/** Getting the tables created: a step that is there and never called is called; where there is none, the start-up code gets one. */
import { importName } from '../../source/edits.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { atStart, importInto, startUpOf } from './start-up.ts';
import { engineName, metadataName } from './table-creation.ts';
import { fixOf } from './words.ts';

/** The functions around `create_all` that nothing in the tree calls: they are called where the app starts. */
export function callUnused(source: Source, creates: readonly Call[]): readonly Fix[] {
  const start = startUpOf(source);
  return start === undefined ? [] : creates.flatMap((call) => {
    const file = source.files.get(call.file);
    const step = file === undefined ? undefined : definitionsOf(file).find(({ name, kind }) => kind === 'function' && name === call.scope);
    if (file === undefined || step === undefined || isUsed(source, file, step.name) || !/\(\s*\)/.test(step.node.childForFieldName('parameters')?.text ?? '')) return [];
    if (step.async && !start.async) return [];
    return fixOf({
      title: `Call ${step.name} when the app starts`, safety: 'likely',
      edits: [...atStart(start, [`${step.async ? 'await ' : ''}${step.name}()`]), ...importInto(source, start, file, step.name)],
      explanation: `${step.name} in ${file.path} creates the tables, and nothing called it. It now runs before the first request.`,
    });
  });
}

function isUsed(source: Source, home: SourceFile, name: string): boolean {
  return [...source.files.values()].some((file) => callsOf(file).some((call) => call.written.split('.').at(-1) === name || call.arguments.some(({ value }) => value === name)) && (file === home || file.text.includes(name)));
}

/** No `create_all` in the tree and no migrations: a new database stays empty unless the start-up code fills it. */
export function createAtStart(source: Source): readonly Fix[] {
  const start = startUpOf(source);
  const engine = engineName(source);
  const metadata = metadataName(source);
  if (start === undefined || engine === undefined || metadata === undefined || (engine.async && !start.async)) return [];
  const all = `${metadata.name}.metadata.create_all`;
  const lines = engine.async ? [`async with ${engine.name}.begin() as connection:`, `    await connection.run_sync(${all})`] : [`${all}(${engine.name})`];
  const holder = metadata.module !== undefined ? importName(start.file, metadata.module, metadata.name) : metadata.file === undefined ? [] : importInto(source, start, metadata.file, metadata.name);
  return fixOf({
    title: 'Create the tables when the app starts', safety: 'likely', edits: [...atStart(start, lines), ...importInto(source, start, engine.file, engine.name), ...holder],
    explanation: 'Tables that exist are left as they are; missing ones are created before the first request. A project that changes its tables later wants migrations instead.',
  });
}
