import { posix } from 'node:path';
import { newFile } from '../../source/splice.ts';
import { alembicSays, headsOf, revisionsOf } from '../mechanisms/revisions.ts';
import type { Revision } from '../mechanisms/revisions.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'alembic-multiple-heads';

/** `Multiple head revisions are present for given argument 'head'; please specify a specific target revision` */
const SEVERAL = /Multiple head(?:s| revisions) are present/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The migrations end in several revisions, and none of them is the last.',
  refines: ['unknown-failure'],
  detect: (evidence, source) => {
    const seen = alembicSays(evidence, SEVERAL);
    const heads = headsOf(revisionsOf(source));
    const last = heads.at(-1);
    return seen.length === 0 ? [] : [{
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: last?.file.path ?? 'alembic.ini', ...(last === undefined ? {} : { line: lineOf(last) }), facts: { heads: heads.map(({ id }) => id).toSorted().join(',') },
      what: `The migrations have ${heads.length} ends (${list(heads.map(({ id }) => id))}), and Alembic does not choose between them.`,
      why: 'Two revisions were written behind the same one, mostly on two branches. Alembic upgrades to "head" only where there is one.',
      todo: 'Merge the heads with alembic merge heads, or let one of the revisions follow the other, in the order in which they must run.',
      candidates: merged(heads), explains: seen.map(({ at }) => at),
    } satisfies Finding];
  },
};

function lineOf({ file }: Revision): number {
  return file.text.split('\n').findIndex((line) => /^down_revision\b/.test(line)) + 1;
}

/** What `alembic merge heads` writes: a revision that follows all of them and changes nothing. Two that change the same table are left to a person. */
function merged(heads: readonly Revision[]): readonly Fix[] {
  const [first] = heads;
  const ids = heads.map(({ id }) => id).toSorted();
  const name = `merge_${ids.join('_')}`.slice(0, 30);
  const touched = heads.map(({ file }) => new Set([...file.text.matchAll(/op\.(?:create_table|drop_table|add_column|drop_column|alter_column|rename_table)\(\s*["'](?<table>\w+)["'](?:,\s*(?:sa\.Column\(\s*)?["'](?<column>\w+)["'])?/g)].map(({ groups }) => `${groups?.['table'] ?? ''}.${groups?.['column'] ?? ''}`)));
  const clash = touched.some((mine, at) => touched.slice(at + 1).some((other) => [...mine].some((each) => other.has(each))));
  if (first === undefined || heads.length < 2 || clash) return [];
  const text = `"""Merge ${list(ids)}."""\n\nrevision = "${name}"\ndown_revision = (${ids.map((id) => `"${id}"`).join(', ')})\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n`;
  return fixOf({
    title: `Merge the heads ${list(ids)}`, safety: 'likely', edits: [newFile(posix.join(posix.dirname(first.file.path), `${name}.py`), text)],
    explanation: 'The new revision follows all heads and changes nothing itself, as the one that alembic merge heads writes. No column is touched by two of them.',
  });
}
