/** Which of the backends in a tree is meant, why, and whether that was more than a guess. */
import { isAside } from './import-roots.ts';
import { hasManifest, ownerOf } from './owner.ts';
import { rank } from './targets.ts';
import type { PlacedTarget } from './targets.ts';
import type { SourceFile } from './types.ts';

type Files = ReadonlyMap<string, SourceFile>;

export interface Choice {
  readonly best: PlacedTarget | undefined;
  /** Other backends and apps that the tree could as well be booted as; tests, examples and scripts are none. */
  readonly others: readonly PlacedTarget[];
  /** The first of the others has as much to say for it as the best: to take one of them is a coin toss. */
  readonly tossed: boolean;
}

interface Weighed {
  readonly target: PlacedTarget;
  readonly root: string;
  readonly weight: number;
}

/** In a monorepo the folder counts more than the order of witnesses. */
export function chooseTarget(files: Files, targets: readonly PlacedTarget[]): Choice {
  const all = targets.filter((each) => each.file !== undefined).map((target) => weighed(files, target)).toSorted((a, b) => b.weight - a.weight || rank(b.target) - rank(a.target));
  const [first, ...rest] = all;
  if (first === undefined) return { best: undefined, others: [], tossed: false };
  const others = rest.filter(({ target }) => target.file !== first.target.file && !isAside(target.file ?? ''));
  const [second] = others;
  // Of two commands in one project the better witness counts; those of two projects speak each for its own.
  const drawn = second !== undefined && second.weight === first.weight && rank(second.target) === rank(first.target) && (second.root !== first.root || !isDeclared(first.target));
  const tossed = second !== undefined && drawn && !imports(files, first, second);
  return { best: first.target, others: others.map(({ target }) => target), tossed };
}

function isDeclared(target: PlacedTarget): boolean {
  return !target.from.startsWith('code ');
}

function weighed(files: Files, target: PlacedTarget): Weighed {
  const root = ownerOf(files, target.file ?? '');
  const name = root.split('/').at(-1) ?? '';
  const usual = /^(backend|server|api|app|project)$/i.test(name) ? 4 : root === '.' ? 2 : 0;
  const aside = isAside(target.file ?? '') ? -20 : 0;
  return { target, root, weight: (isDeclared(target) ? 3 : 0) + usual + aside + (hasManifest(files, root) ? 3 : 0) - root.split('/').length + (target.factory ? -1 : 0) };
}

/** One file of two names the other's module: it is the outer one, and the draw is none. */
function imports(files: Files, one: Weighed, two: Weighed): boolean {
  const names = (from: Weighed, to: Weighed): boolean => {
    const module = to.target.target.split(':')[0] ?? '';
    return new RegExp(`^\\s*(from|import)\\s+${module.replaceAll('.', '\\.')}\\b`, 'm').test(files.get(from.target.file ?? '')?.text ?? '');
  };
  return names(one, two) || names(two, one);
}
