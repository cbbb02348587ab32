/** What is unusually slow, by measures that a single odd night does not move. */

const ENOUGH = 5;
const RECENT = 20;
/** Makes the median absolute deviation of normal noise its standard deviation. */
const TO_SIGMA = 1.4826;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/**
 * @param samples seconds of the nights before, newest first
 * @returns the usual time and the limit that was passed; null when nothing is unusual or too little is known
 */
export function slowness(seconds: number, samples: readonly number[]): { readonly usual: number; readonly limit: number } | null {
  const recent = samples.slice(0, RECENT);
  if (recent.length < ENOUGH) return null;
  const usual = median(recent);
  const spread = TO_SIGMA * median(recent.map((one) => Math.abs(one - usual)));
  // Four deviations, and never less than what a person would call slower: a quarter more, two seconds at least.
  const limit = usual + Math.max(4 * spread, usual * 0.25, 2);
  return seconds > limit ? { usual, limit } : null;
}
