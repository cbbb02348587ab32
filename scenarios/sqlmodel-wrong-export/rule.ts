import { moveImportedName, inSequence } from '../../source/edits.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { asyncEngineSteps, promisesAsyncEngine, syncEngineCalls } from '../mechanisms/engines.ts';
import type { MissingName } from '../mechanisms/moved-names.ts';
import { missingNames, moveEverywhere, moveName } from '../mechanisms/moved-names.ts';
import { homesOf, topLevel } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlmodel-wrong-export';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code asks SQLModel for a name that belongs to SQLAlchemy.',
  refines: ['cannot-import-name-third-party'],
  detect: (evidence, source, index) =>
    missingNames(evidence).filter((missing) => isMixUp(missing, source, index)).map((missing) => ({ ...findingFor(missing, source, index), explains: [missing.seen.at] })),
};

function isMixUp({ module, name, askedByPackage }: MissingName, source: Source, index: PackageIndex): boolean {
  return topLevel(module) === 'sqlmodel' && !askedByPackage && belongsTo(homesOf(name, module, source, index)[0]?.module);
}

/** Of the two libraries themselves; a name of any third one is no mix-up of theirs. */
function belongsTo(home: string | undefined): boolean {
  return home !== undefined && ['sqlalchemy', 'sqlmodel'].includes(topLevel(home));
}

function findingFor(missing: MissingName, source: Source, index: PackageIndex): Finding {
  const { name, module, file, line } = missing;
  const home = homesOf(name, module, source, index)[0]?.module ?? '';
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: file ?? '', ...(line === undefined ? {} : { line }), facts: { name, module },
    what: `${file ?? 'The code'} imports ${name} from ${module}, which does not export it.`,
    why: `${name} belongs to ${home}. SQLModel wraps a part of SQLAlchemy only, and what its modules happen to import for themselves is not part of them.`,
    todo: `Import ${name} from ${home} instead of ${module}.`,
    candidates: [...withEngine(missing, home, source), ...moveName(missing, source, index)],
  };
}

/**
 * The same mix-up one line on: a file that wants an AsyncEngine builds it with the sync `create_engine`, and says so in its annotations.
 * Both halves are one mistake, and half a cure would only move the failure into the lifespan.
 */
function withEngine({ name, module, file: path }: MissingName, home: string, source: Source): readonly Fix[] {
  const file = path === undefined ? undefined : source.files.get(path);
  const calls = syncEngineCalls(source).filter((call) => call.file === path && promisesAsyncEngine(source, call));
  if (file === undefined || calls.length === 0) return [];
  return fixOf({
    title: `Import ${name} from ${home} and build the engine with create_async_engine`,
    safety: 'safe',
    edits: [
      ...inSequence(file, (now) => moveImportedName(now, name, module, home), ...asyncEngineSteps(calls)),
      ...moveEverywhere(name, module, home, source).filter((edit) => edit.file !== path),
    ],
    explanation: `${name} and create_async_engine live in ${home}. The file promises an AsyncEngine, which create_engine never returns: it builds a sync engine that cannot be awaited.`,
  });
}
