/**
 * The executable report (R13): fixes were found in one order and are told in another. Each fix's change is carried to the text as
 * it stands when its turn comes, and written down as replacements whose old text occurs exactly once at that moment. The last fix
 * that touches a file brings it to the very bytes of the healed tree, so the replay is exact whatever the merge could not carry.
 */
import { editsBetween, minimalUniqueSpan } from '../../source/edits.ts';
import type { Edit } from '../../source/types.ts';
import { layOver, rebase } from './rebase.ts';

/** A kept fix in discovery order. `before` holds its files as it met them (null: not there), `after` as it left them. */
export interface Change {
  readonly edits: readonly Edit[];
  readonly before: ReadonlyMap<string, string | null>;
  readonly after: ReadonlyMap<string, string>;
}

export interface Replay {
  /** Index into the changes and its edits, in the order to apply them. */
  readonly steps: readonly { readonly change: number; readonly edits: readonly Edit[] }[];
}

/** Values that may not appear in an `old` unless the change itself lies in them. */
export type SecretsIn = (file: string, text: string) => readonly string[];

/**
 * @param changes in discovery order
 * @param order the wanted order: indices into `changes`
 * A fix that would be left without any edit (another one rewrote its text later) moves behind the fixes it builds on.
 */
export function replay(changes: readonly Change[], order: readonly number[], secretsIn: SecretsIn): Replay {
  let wanted = order;
  for (let round = 0; round <= changes.length * changes.length; round += 1) {
    const steps = inOrder(changes, wanted, secretsIn);
    const empty = steps.find((step) => step.edits.length === 0 && changes[step.change]?.edits.length !== 0);
    if (!empty) return { steps };
    const moved = behindItsGround(changes, wanted, empty.change);
    if (!moved) break;
    wanted = moved;
  }
  return { steps: inOrder(changes, changes.map((_, index) => index), secretsIn) };
}

/** Applies a replay as plain text, the way a reader of the report would. @throws Error when an `old` is not there exactly once. */
export function applyReplay(original: ReadonlyMap<string, string>, edits: readonly Pick<Edit, 'file' | 'old' | 'new'>[]): ReadonlyMap<string, string> {
  const files = new Map(original);
  for (const edit of edits) {
    const text = files.get(edit.file) ?? '';
    if (edit.old === '' && text !== '') throw new Error(`${edit.file} exists already`);
    const at = text.indexOf(edit.old);
    if (at === -1 || (edit.old !== '' && text.indexOf(edit.old, at + 1) !== -1)) throw new Error(`not exactly once in ${edit.file}: ${edit.old}`);
    files.set(edit.file, text.slice(0, at) + edit.new + text.slice(at + edit.old.length));
  }
  return files;
}

function inOrder(changes: readonly Change[], order: readonly number[], secretsIn: SecretsIn): Replay['steps'] {
  const now = new Map<string, string | null>();
  const final = new Map<string, string>();
  for (const change of changes) {
    for (const [file, text] of change.before) if (!now.has(file)) now.set(file, text);
    for (const [file, text] of change.after) final.set(file, text);
  }
  return order.map((index, position) => {
    const change = changes[index];
    const edits: Edit[] = [];
    for (const file of change ? filesOf(change) : []) {
      const last = !order.slice(position + 1).some((later) => changes[later]?.after.has(file));
      const own = change?.edits.filter((edit) => edit.file === file) ?? [];
      const text = now.get(file) ?? null;
      const planned = carried(own, change?.before.get(file) ?? null, text);
      const written = writeDown({ file, text, planned, goal: last ? final.get(file) : undefined }, secretsIn);
      edits.push(...written.edits);
      now.set(file, written.text);
    }
    return { change: index, edits };
  });
}

/** In the order of the fix's own edits, so that its first edit stays the first. */
function filesOf(change: Change): readonly string[] {
  return [...new Set([...change.edits.map((edit) => edit.file), ...change.after.keys()])].filter((file) => change.after.has(file));
}

function carried(edits: readonly Edit[], base: string | null, onto: string | null): readonly Edit[] {
  if (base === null) return onto === null ? edits : [];
  return onto === null ? [] : (rebase(edits, base, onto) ?? []);
}

interface Turn {
  readonly file: string;
  /** null: not there yet. */
  readonly text: string | null;
  readonly planned: readonly Edit[];
  /** Set at the last turn of a file: what it must be then. */
  readonly goal: string | undefined;
}

function writeDown({ file, text, planned, goal }: Turn, secretsIn: SecretsIn): { edits: readonly Edit[]; text: string | null } {
  if (planned.length === 0 && (goal === undefined || goal === text)) return { edits: [], text };
  const target = goal ?? layOver(text ?? '', planned);
  if (target === text) return { edits: [], text };
  if (text === null || text === '') return { edits: [{ file, old: '', new: target, at: 0 }], text: target };
  return { edits: between(file, text, target, planned[0]?.at ?? 0, secretsIn), text: target };
}

/** As text that a person reads and a machine replaces. The change that holds the fix's own first edit leads: it becomes `exact_fix`. */
function between(file: string, before: string, after: string, first: number, secretsIn: SecretsIn): readonly Edit[] {
  const stretches = editsBetween(file, before, after);
  const lead = stretches.find((edit) => edit.at + edit.old.length >= first) ?? stretches[0];
  const led = lead ? layOver(before, [lead]) : before;
  return [...written(file, before, led, secretsIn), ...written(file, led, after, secretsIn)];
}

function written(file: string, before: string, after: string, secretsIn: SecretsIn): readonly Edit[] {
  let now = before;
  const edits = minimalUniqueSpan(before, after, secretsIn(file, before)).map((span) => {
    const edit = { file, ...span, at: now.indexOf(span.old) };
    now = now.slice(0, edit.at) + span.new + now.slice(edit.at + span.old.length);
    return edit;
  });
  // Exactness is promised to the reader, so it is not taken on trust: the whole text is always right, if never pretty.
  return now === after ? edits : [{ file, old: before, new: after, at: 0 }];
}

/** The order with one change moved behind all earlier-found changes of its files; undefined when it stands there already. */
function behindItsGround(changes: readonly Change[], order: readonly number[], change: number): readonly number[] | undefined {
  const files = changes[change]?.after ?? new Map<string, string>();
  const ground = order.filter((other) => other < change && [...(changes[other]?.after.keys() ?? [])].some((file) => files.has(file)));
  const from = order.indexOf(change);
  const last = Math.max(-1, ...ground.map((other) => order.indexOf(other)));
  if (last <= from) return undefined;
  return [...order.slice(0, from), ...order.slice(from + 1, last + 1), change, ...order.slice(last + 1)];
}
