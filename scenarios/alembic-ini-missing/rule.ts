import { posix } from 'node:path';
import type { Source } from '../../source/types.ts';
import { alembicSays } from '../mechanisms/revisions.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'alembic-ini-missing';

/** `No 'script_location' key found in configuration`, `No config file 'alembic.ini' found`, `Path doesn't exist: migrations` */
const NOWHERE = /No ['"]script_location['"] key found in configuration|No config file ['"](?<ini>[^'"]{1,200})['"] found|Path doesn't exist: ['"]?(?<path>[^'"\s]{1,300})/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'Alembic does not find its configuration or its migrations.',
  refines: ['unknown-failure'],
  detect: (evidence, source) => {
    const seen = alembicSays(evidence, NOWHERE);
    const ini = [...source.files.keys()].find((path) => /(?:^|\/)alembic\.ini$/.test(path));
    const line = ini === undefined ? -1 : (source.files.get(ini)?.text.split('\n') ?? []).findIndex((each) => /^\s*script_location\s*=|^\[alembic\]/.test(each));
    return seen.length === 0 ? [] : [{
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'CONFIG', file: ini ?? 'alembic.ini', ...(line < 0 ? {} : { line: line + 1 }), facts: { file: ini ?? '' },
      what: 'Alembic cannot find its migrations, so none of them can run.',
      why: 'The configuration is looked for in the folder where the command is started, and its script_location begins there too.',
      todo: 'Start the command where alembic.ini lies (or name it with -c), and let its script_location lead to the folder with env.py.',
      candidates: ini === undefined ? [] : located(source, ini), explains: seen.map(({ at }) => at),
    } satisfies Finding];
  },
};

/** The folder with env.py, when there is exactly one. */
function located(source: Source, ini: string): readonly Fix[] {
  const folders = [...source.files.keys()].filter((path) => /(?:^|\/)env\.py$/.test(path) && source.files.get(path)?.text.includes('alembic') === true).map((path) => posix.dirname(path));
  const [folder] = folders;
  const file = source.files.get(ini);
  if (folder === undefined || folders.length > 1 || file === undefined) return [];
  const there = posix.relative(posix.dirname(ini), folder) || '.';
  const written = /^(?<head>\s*script_location\s*=[ \t]*)(?<value>.*)$/m.exec(file.text);
  const section = /^\[alembic\][^\n]*\n/m.exec(file.text);
  const edits = written !== null
    ? [{ file: ini, old: written.groups?.['value'] ?? '', new: there, at: written.index + (written.groups?.['head'] ?? '').length }].filter((edit) => edit.old !== edit.new)
    : section === null ? [] : [{ file: ini, old: '', new: `script_location = ${there}\n`, at: section.index + section[0].length }];
  return fixOf({ title: `Let script_location lead to ${there}`, safety: 'safe', edits, explanation: `${folder} is the only folder of the tree with an env.py of Alembic.` });
}
