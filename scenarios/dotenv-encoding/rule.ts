import { passesThrough, raised } from '../mechanisms/faults.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'dotenv-encoding';

/** `'utf-8' codec can't decode byte 0xff in position 0: invalid start byte` */
const UNREADABLE = /codec can't decode byte 0x(?<byte>[0-9a-f]{2}) in position (?<position>\d+)/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The environment file is not written in UTF-8.',
  detect: (evidence, source) => raised(evidence, ['UnicodeDecodeError'], UNREADABLE).filter(({ exception }) => ['dotenv/', 'pydantic_settings/', 'decouple', 'environs'].some((part) => passesThrough(exception, part))).map((seen): Finding => {
    const wide = /^f[ef]$/.test(seen.match?.groups?.['byte'] ?? '') && seen.match?.groups?.['position'] === '0';
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: fileOf(source), facts: { file: fileOf(source) },
      what: `${fileOf(source)} is not written in UTF-8, so the settings cannot be read.`,
      why: wide ? 'It begins with the mark of UTF-16: some editors and shells on Windows write files so.' : 'It holds bytes of an older encoding, such as those of accented letters in a comment or a password.',
      todo: `Save ${fileOf(source)} as UTF-8 without a byte order mark. boot-check never edits files of another encoding.`,
      candidates: [], explains: [seen.at],
    };
  }),
};

function fileOf(source: Source): string {
  return source.opaque.find((path) => /(?:^|\/)\.env(?:\.\w+)?$/.test(path)) ?? '.env';
}
