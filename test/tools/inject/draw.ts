/** Which mutants are made: drawn by a seed, so that a number repeats the run. */
import { operators } from './operators.ts';
import type { Mutant, Tree } from './operators.ts';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Mutants in turn of operator, each operator's in an order of the seed: a short run still sees every operator. */
export function drawOne(tree: Tree, next: () => number): readonly Mutant[] {
  const queues = operators.map((operator) => shuffled(operator(tree), next)).filter((queue) => queue.length > 0);
  const turns = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: turns }, (_, turn) => shuffled(queues.flatMap((queue) => queue[turn] ?? []), next)).flat();
}

/** Several faults at once, of different operators and at most two in a file, each laid over the ones before it; all healable. */
export function drawMany(tree: Tree, count: number, next: () => number): readonly Mutant[] {
  const chosen: Mutant[] = [];
  let current = tree;
  while (chosen.length < count) {
    const mutant = drawOne(current, next).find((one) => one.healable && one.text !== null
      && !chosen.some(({ operator }) => operator === one.operator) && chosen.filter(({ file }) => file === one.file).length < 2);
    if (mutant === undefined) return chosen;
    chosen.push(mutant);
    current = new Map([...current, [mutant.file, mutant.text ?? '']]);
  }
  return chosen;
}

function shuffled<Value>(values: readonly Value[], next: () => number): Value[] {
  return values.map((value) => ({ value, at: next() })).sort((a, b) => a.at - b.at).map(({ value }) => value);
}
