import type { Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { canBeRead } from '../mechanisms/syntax-repairs.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'source-null-bytes';

/** `source code string cannot contain null bytes`; it names no place. */
const NULLS = /^source code string cannot contain null bytes|^source code cannot contain null bytes/;

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A Python file holds null bytes.',
  refines: ['syntax-error'],
  detect: (evidence, source) => raised(evidence, ['SyntaxError', 'ValueError'], NULLS).map((seen) => {
    const importer = ownFrameOf(seen);
    const files = filesWithNulls(source);
    const opaque = source.opaque.filter((path) => path.endsWith('.py'));
    return { ...findingFor(files[0], files[0]?.path ?? opaque[0] ?? importer?.file ?? '', importer?.file), explains: [seen.at] };
  }),
};

function filesWithNulls(source: Source): readonly SourceFile[] {
  const loaded = loadedFiles(source);
  const all = [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes('\0'));
  return all.toSorted((a, b) => Number(loaded.has(b.path)) - Number(loaded.has(a.path)));
}

function findingFor(file: SourceFile | undefined, path: string, importer: string | undefined): Finding {
  const edits = file === undefined ? [] : [...file.text.matchAll(/\0+/g)].map((match) => ({ file: file.path, old: match[0], new: '', at: match.index }));
  return {
    kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: path, facts: { file: path },
    what: `${path} holds null bytes${importer === undefined || importer === path ? '' : `; ${importer} imports it`}.`,
    why: 'The file was saved as UTF-16, or was damaged: Python reads source code as UTF-8, in which a null byte never stands.',
    todo: `Save ${path} as UTF-8, or restore it from version control.`,
    candidates: file === undefined ? [] : fixOf({ title: `Remove the null bytes from ${path}`, safety: 'likely', edits, explanation: 'Nothing but the null bytes is taken out, and the rest can be read.' }).filter((fix) => canBeRead(file, fix.edits)),
  };
}
