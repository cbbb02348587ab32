import { posix } from 'node:path';
import { newFile } from '../../source/splice.ts';
import { databaseUrls } from '../../source/database.ts';
import type { Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { databasePlace } from '../mechanisms/stated-database.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlite-cannot-open';

const CANNOT = /unable to open database file/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The folder of a SQLite database does not exist or cannot be written to.',
  detect: (evidence, source) => raised(evidence, ['OperationalError'], CANNOT).map((seen): Finding => {
    const url = databaseUrls(source).find(({ scheme, where }) => scheme.startsWith('sqlite') && where !== 'example' && where !== 'ini');
    const path = url === undefined ? undefined : /^sqlite(?:\+\w+)?:\/\/\/(?<path>[^?]*)/.exec(url.url)?.groups?.['path'];
    const absolute = path?.startsWith('/') === true;
    return {
      kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...(url === undefined ? databasePlace(source) : { file: url.file, line: url.line }), facts: { path: path ?? '' },
      what: `SQLite cannot open its file${path === undefined ? '' : ` ${path}`}.`,
      why: `SQLite creates a file that is missing, but not the folder it lies in${absolute ? ', and a path that begins at the root must exist on every machine' : ''}.`,
      todo: `Create the folder${path === undefined ? '' : ` ${posix.dirname(path)}`} and let the server write there, or put the file elsewhere.`,
      candidates: path === undefined || absolute ? [] : folder(source, path), explains: [seen.at],
    };
  }),
};

function folder(source: Source, path: string): readonly Fix[] {
  const inside = posix.normalize(posix.join(source.run.cwd === '' ? '.' : source.run.cwd, posix.dirname(path)));
  if (inside === '.' || inside.startsWith('..') || [...source.files.keys(), ...source.opaque].some((each) => each.startsWith(`${inside}/`))) return [];
  return fixOf({
    title: `Create the folder ${inside}`, safety: 'safe', edits: [newFile(`${inside}/.gitkeep`, '# Keeps the folder for the database file.\n')],
    explanation: 'The folder becomes part of the tree, so that it is there wherever the server starts; SQLite then creates its file in it.',
  });
}
