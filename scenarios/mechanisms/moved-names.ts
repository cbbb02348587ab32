/** `cannot import name 'X' from 'm'`: reading it, and leading the import to where X lives now. */
import type { Evidence } from '../../parsers/evidence.ts';
import { moveImportedName } from '../../source/edits.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { endsInPackage, ownFrameOf, raised } from './faults.ts';
import type { Seen } from './faults.ts';
import { homesOf, suggestion } from './names.ts';
import { fixOf } from './words.ts';

export interface MissingName {
  readonly seen: Seen;
  readonly name: string;
  readonly module: string;
  /** Last frame in the user's code. */
  readonly file?: string;
  readonly line?: number;
  readonly suggested?: string;
  /** The import was executed by an installed package. */
  readonly askedByPackage: boolean;
}

/** `cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session' (/env/…/session.py)` */
const NO_NAME = /^cannot import name '(?<name>[^']+)' from (?<partial>partially initialized module )?'(?<module>[^']+)'/;

/** Names that their module really lacks; `partial` asks for those that it did not have yet (a circle). */
export function missingNames(evidence: Evidence, partial = false): readonly MissingName[] {
  return raised(evidence, ['ImportError'], NO_NAME).flatMap((seen) => {
    const { name, module, partial: unfinished } = seen.match?.groups ?? {};
    if (name === undefined || module === undefined || (unfinished !== undefined) !== partial) return [];
    const own = ownFrameOf(seen);
    const suggested = suggestion(seen.exception.message.slice(0, 2_000));
    return [{
      seen, name, module, askedByPackage: endsInPackage(seen.exception),
      ...(own === undefined ? {} : { file: own.file, line: own.line }), ...(suggested === undefined ? {} : { suggested }),
    }];
  });
}

/** Candidates that take the name from each place where it really is. All files with the same wrong import are led there. */
export function moveName({ name, module }: Pick<MissingName, 'name' | 'module'>, source: Source, index: PackageIndex): readonly Fix[] {
  return homesOf(name, module, source, index).flatMap((home) => fixOf({
    title: `Import ${name} from ${home.module}`,
    safety: 'safe',
    edits: moveEverywhere(name, module, home.module, source),
    explanation: `${home.module} is where ${home.distribution ?? 'the tree'} has ${name}; ${module} does not.`,
  }));
}

export function moveEverywhere(name: string, from: string, to: string, source: Source, toName = name): Fix['edits'] {
  const files = new Set(source.imports.filter((statement) => statement.module === from && statement.names.some((item) => item.name === name)).map((statement) => statement.file));
  return [...files].flatMap((path) => {
    const file = source.files.get(path);
    return file === undefined ? [] : moveImportedName(file, name, from, to, toName);
  });
}
