/**
 * Runs the work on every item, at most `atOnce` at a time, and gives the results in the order of the items. After an abort nothing new begins.
 * @throws the first failure, once all work has ended
 */
export async function fewAtOnce<Item, Result>(
  items: readonly Item[], atOnce: number, work: (item: Item, at: number) => Promise<Result>, signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) {
      signal?.throwIfAborted();
      results[at] = await work(item, at);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(atOnce, items.length)) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
