import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'non-utf8-source';

/** `Non-UTF-8 code starting with '\xe9' on line 3, but no encoding declared; …`   `(unicode error) 'utf-8' codec can't decode byte 0xe9 in position 0: …` */
const ENCODING = /^Non-UTF-8 code starting with '(?<byte>[^']{1,20})'|^\(unicode error\) 'utf-?8' codec can't decode byte (?<hex>0x[0-9a-f]{2})|^encoding problem: (?<encoding>[\w-]{1,40})|^unknown encoding: (?<unknown>[\w-]{1,40})/i;

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A Python file is not saved as UTF-8.',
  refines: ['syntax-error'],
  detect: (evidence, source) => raised(evidence, ['SyntaxError'], ENCODING).map((seen): Finding => {
    const importer = ownFrameOf(seen);
    const named = seen.exception.syntax?.file;
    const opaque = source.opaque.filter((path) => path.endsWith('.py'));
    const file = named ?? opaque[0] ?? importer?.file ?? '';
    const declared = seen.match?.groups?.['encoding'] ?? seen.match?.groups?.['unknown'];
    return {
      kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file, ...(seen.exception.syntax === undefined ? {} : { line: seen.exception.syntax.line }), facts: { file },
      what: `${file} cannot be read as ${declared ?? 'UTF-8'}${importer === undefined || importer.file === file ? '' : `; ${importer.file} imports it`}.`,
      why: declared === undefined ? 'The file was saved in another encoding (Latin-1 or a Windows code page), and does not say which.' : `The file declares the encoding ${declared}, which Python does not know.`,
      todo: `Save ${file} as UTF-8 in your editor, and look at its accented letters. Files that are not UTF-8 are never edited here.`,
      candidates: [], explains: [seen.at],
    };
  }),
};
