import { dropImportAt } from '../../source/import-edits.ts';
import { inSequence } from '../../source/edits.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import { topLevel } from '../mechanisms/names.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'unused-import';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'MEDIUM',
  title: 'A file imports names that it does not use.',
  detect: () => [],
  scan: (source, index) => {
    const files = new Set(index.unusedImports.map((unused) => unused.file));
    return [...files].flatMap((path) => {
      const file = source.files.get(path);
      return file === undefined || path.endsWith('__init__.py') ? [] : inFile(file, source, index);
    });
  },
};

type Unused = PackageIndex['unusedImports'][number];

function inFile(file: SourceFile, source: Source, index: PackageIndex): readonly Finding[] {
  if (isGenerated(file) || isExempt(file)) return [];
  const unused = index.unusedImports.filter((each) => each.file === file.path && !hasEffect(each, source) && !isHandedOn(each, file, source)).toSorted((a, b) => b.line - a.line);
  const last = unused.at(-1);
  if (last === undefined) return [];
  const names = [...new Set(unused.map((each) => localName(each.name)).reverse())];
  // `import package` alone may be there for what it registers.
  const sure = unused.every((each) => isFrom(each, source) || index.stdlib.includes(topLevel(each.name)));
  return [{
    kind, stage: 'import', severity: 'MEDIUM', category: 'IMPORT', file: file.path, line: last.line, facts: { file: file.path },
    what: `${file.path} imports ${list(names)} and does not use ${names.length === 1 ? 'it' : 'them'}.`,
    why: 'An unused import costs start-up time, hides what the file really needs, and fails the start when its package is removed.',
    todo: `Remove the unused ${names.length === 1 ? 'import' : 'imports'} from ${file.path}.`,
    candidates: fixOf({
      title: `Remove ${names.length === 1 ? 'an unused import' : `${names.length} unused imports`} from ${file.path}`, safety: sure ? 'safe' : 'likely', edits: edits(file, unused),
      explanation: `Nothing in the file uses ${list(names)}, and importing ${names.length === 1 ? 'it' : 'them'} has no other effect that the server needs.`,
    }),
  }];
}

/** Alembic's template imports what a revision may need, and revisions that have run are better left alone. */
function isGenerated({ text }: SourceFile): boolean {
  return /^down_revision\b/m.test(text);
}

/** `# ruff: noqa`, `# flake8: noqa: F401`: the author has said so for the whole file. */
function isExempt({ text }: SourceFile): boolean {
  return /^#\s*(?:ruff|flake8):\s*noqa(?:\s*$|:.*\bF(?:401)?\b)/m.test(text);
}

/** Another file takes the name from here: `from app.core.exceptions import NotFound`, `exceptions.NotFound`. */
function isHandedOn({ name }: Unused, { path }: SourceFile, source: Source): boolean {
  const local = localName(name);
  const own = path.replace(/\.py$/, '').replaceAll('/', '.');
  const isOwn = (module: string): boolean => own === module || own.endsWith(`.${module}`) || module.endsWith(`.${own}`);
  const stem = own.slice(own.lastIndexOf('.') + 1);
  return source.imports.some((statement) => statement.file !== path && statement.names.some((each) => each.name === local || each.name === '*') && isOwn(statement.module))
    || [...source.files.values()].some((other) => other.path !== path && other.text.includes(`${stem}.${local}`));
}

function isFrom({ file, line }: Unused, source: Source): boolean {
  return source.imports.some((each) => each.file === file && each.line === line && each.names.length > 0);
}

/** From the last line up, so that an edit never moves what is still to be edited. */
function edits(file: SourceFile, unused: readonly Unused[]): ReturnType<typeof inSequence> {
  return inSequence(file, ...unused.map((each) => (now: SourceFile) => dropImportAt(now, each.line, localName(each.name))));
}

/** ruff writes `typing.Optional` for `from typing import Optional` and `a as b` for an alias. */
function localName(written: string): string {
  const alias = written.split(' as ').at(-1) ?? written;
  return written.includes(' as ') ? alias : alias.slice(alias.lastIndexOf('.') + 1);
}

/** Importing a module of models registers its tables; other modules of the tree may register routes, signals or tasks the same way. */
function hasEffect(unused: Unused, source: Source): boolean {
  const statement = source.imports.find((each) => each.file === unused.file && each.line === unused.line);
  const written = unused.name.split(' as ')[0] ?? unused.name;
  const modules = [statement?.module ?? '', written, written.slice(0, Math.max(0, written.lastIndexOf('.')))];
  return modules.some((module) => module !== '' && isTreeModule(module, source));
}
