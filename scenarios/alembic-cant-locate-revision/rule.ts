import { lineAt } from '../../source/syntax.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { alembicSays, headsOf, revisionsOf } from '../mechanisms/revisions.ts';
import type { Revision } from '../mechanisms/revisions.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'alembic-cant-locate-revision';

/** `Can't locate revision identified by '0002a'`, `Revision 0002a referenced from 0002a -> 0003 (head) is not present`, `KeyError: '0002a'` */
const LOST = /Can't locate revision identified by ['"](?<id>[\w-]{1,64})['"]|Revision (?<other>[\w-]{1,64}) referenced from .{1,200} is not present|^'(?<key>[\w-]{1,64})'$/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The migrations name a revision that does not exist.',
  refines: ['unknown-failure'],
  detect: (evidence, source) => {
    const revisions = revisionsOf(source);
    const known = new Set(revisions.map(({ id }) => id));
    const seen = alembicSays(evidence, LOST).map(({ at, match }) => ({ at, id: match.groups?.['id'] ?? match.groups?.['other'] ?? match.groups?.['key'] ?? '' }));
    return [...Map.groupBy(seen, ({ id }) => id)].flatMap(([id, all]): readonly Finding[] => {
      const child = revisions.find(({ follows }) => follows.some((before) => before.id === id));
      // A missing key is a lost revision only where one is asked for.
      if (revisions.length === 0 || known.has(id) || (child === undefined && !/^[0-9a-f]{8,}$/.test(id))) return [];
      const node = child?.follows.find((before) => before.id === id)?.node;
      return [{
        kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: child?.file.path ?? 'alembic.ini', ...(child === undefined || node === undefined ? {} : { line: lineAt(child.file.text, node.startIndex) }), facts: { id },
        what: child === undefined ? `The database is at the revision ${id}, and the tree has no such migration.` : `${child.file.path} follows the revision ${id}, and the tree has no such migration.`,
        why: 'Alembic walks from revision to revision. A file that was deleted, renamed or never committed leaves a gap that it cannot cross.',
        todo: `Bring the file of revision ${id} back. Only where it is certain that nobody needs it, let the next one follow the one before it.`,
        candidates: child === undefined ? [] : corrected(revisions, child, id), explains: all.map(({ at }) => at),
      }];
    });
  },
};

/** A slip in the name; else nothing: what a lost migration did is not to be guessed. */
function corrected(revisions: readonly Revision[], child: Revision, id: string): readonly Fix[] {
  const node = child.follows.find((before) => before.id === id)?.node;
  const others = revisions.filter((each) => each !== child);
  const ends = new Set(headsOf(others).map((each) => each.id));
  const near = lookAlikes(id, others.map((each) => each.id)).toSorted((a, b) => Number(ends.has(b)) - Number(ends.has(a)));
  return node === undefined ? [] : near.flatMap((name) => fixOf({
    title: `Let ${child.id} follow ${name}`, safety: 'likely', edits: [{ file: child.file.path, old: id, new: name, at: node.startIndex + node.text.indexOf(id) }],
    explanation: `${name} is a revision of the tree${ends.has(name) ? ' that none follows yet' : ''}; ${id} differs from it by a few letters.`,
  }));
}
