/** Alembic's revisions as the tree holds them: which follows which. */
import type { Evidence } from '../../parsers/evidence.ts';
import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Node } from 'web-tree-sitter';
import type { Source, SourceFile } from '../../source/types.ts';
import { raised, said } from './faults.ts';

export interface Revision {
  readonly file: SourceFile;
  readonly id: string;
  /** Empty for the first one. */
  readonly follows: readonly { readonly id: string; readonly node: Node }[];
}

/** All files that declare a `revision` and a `down_revision`. */
export function revisionsOf(source: Source): readonly Revision[] {
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && /^down_revision\b/m.test(file.text)).flatMap((file) => {
    const value = (name: string): Node | null => nodesOf(file, 'assignment').find((node) => node.childForFieldName('left')?.text === name && node.parent?.parent?.type === 'module')?.childForFieldName('right') ?? null;
    const id = stringValue(value('revision'));
    const before = value('down_revision');
    const strings = before === null ? [] : before.type === 'string' ? [before] : before.descendantsOfType('string').flatMap((node) => (node === null ? [] : [node]));
    return id === undefined ? [] : [{ file, id, follows: strings.flatMap((node) => { const other = stringValue(node); return other === undefined ? [] : [{ id: other, node }]; }) }];
  });
}

/** Revisions that none follows. */
export function headsOf(revisions: readonly Revision[]): readonly Revision[] {
  const followed = new Set(revisions.flatMap(({ follows }) => follows.map(({ id }) => id)));
  return revisions.filter(({ id }) => !followed.has(id));
}

/** What Alembic says, on its command line or as an exception of the start-up code. */
export function alembicSays(evidence: Evidence, message: RegExp): readonly { readonly at: number; readonly match: RegExpMatchArray }[] {
  const found = [...said(evidence, ['server', 'log', 'exit'], message), ...raised(evidence, ['CommandError', 'RevisionError', 'ResolutionError', 'MultipleHeads', 'KeyError', 'ValueError'], message).flatMap(({ at, match }) => (match === null ? [] : [{ at, match }]))];
  return found.filter((one, position) => found.findIndex((other) => other.at === one.at) === position);
}
