import { moveImportedName, importName, inSequence } from '../../source/edits.ts';
import type { Edit, PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { addDistribution, manifestOf } from '../mechanisms/distributions.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'pydantic-basesettings-moved';

/** `` `BaseSettings` has been moved to the `pydantic-settings` package. `` */
const MOVED = /`BaseSettings` has been moved to the `pydantic-settings` package/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code takes BaseSettings from pydantic, which moved it to a package of its own.',
  table: 'the package that BaseSettings moved to',
  refines: ['cannot-import-name-third-party'],
  detect: (evidence, source, index) => raised(evidence, ['PydanticImportError'], MOVED).map((seen): Finding => {
    const own = ownFrameOf(seen);
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: own?.file ?? manifestOf(source), ...(own === undefined ? {} : { line: own.line }), facts: { name: 'BaseSettings' },
      what: `${own?.file ?? 'The code'} takes BaseSettings from pydantic, which no longer has it.`,
      why: 'pydantic 2 moved BaseSettings to the package pydantic-settings.',
      todo: `Import BaseSettings from pydantic_settings and add pydantic-settings to ${manifestOf(source)}.`,
      candidates: fixOf({
        title: 'Import BaseSettings from pydantic_settings', safety: 'safe', edits: edits(source, index),
        explanation: 'pydantic-settings is the same code under its new name; the class and its behaviour stay.',
      }),
      explains: [seen.at],
    };
  }),
};

function edits(source: Source, index: PackageIndex): readonly Edit[] {
  const files = [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes('BaseSettings'));
  const moved = files.flatMap((file) => {
    const steps = [(now: SourceFile) => moveImportedName(now, 'BaseSettings', 'pydantic', 'pydantic_settings'), (now: SourceFile) => dotted(now)];
    return inSequence(file, ...steps);
  });
  return moved.length === 0 ? [] : [...moved, ...addDistribution(source, index, 'pydantic-settings')];
}

/** `pydantic.BaseSettings` written out. */
function dotted(file: SourceFile): readonly Edit[] {
  const found = [...file.text.matchAll(/\bpydantic\.BaseSettings\b/g)];
  if (found.length === 0) return [];
  return [...found.map((match) => ({ file: file.path, old: match[0], new: 'BaseSettings', at: match.index })), ...importName(file, 'pydantic_settings', 'BaseSettings')];
}
