/**
 * Carriers put something before every line on its way: compose, `docker logs -t`, buildkit, kubectl, Heroku.
 * A prefix is taken off only when (nearly) all lines of the stream have it, so that a line that merely looks alike,
 * such as `  | ` in an exception group, keeps its text.
 */

export interface Carried {
  readonly text: string;
  /** Which service or container printed it; '' when the carrier names none. Two services are never mixed. */
  readonly service: string;
}

/** Samples stand beside each pattern. */
const CARRIERS: readonly RegExp[] = [
  // api-1  | INFO:     Started server process [1]
  /^(?<service>[A-Za-z0-9][\w.-]{0,80}) {1,40}\| ?/,
  // [pod/api-5d4f/api] INFO:     Started server process [1]
  /^\[pod\/(?<service>[^\]]{1,160})\] ?/,
  // 2026-11-24T05:40:00.123456+00:00 app[web.1]: INFO:     Started server process [4]
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00) (?:app|heroku)\[(?<service>[\w.-]{1,60})\]: ?/,
  // 2026-11-24T05:40:00.123456789Z INFO:     Started server process [1]
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z ?/,
  // 2026-11-24 05:40:00 INFO:     Started server process [1]
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?![,.|-])/,
  // #23 0.714 Traceback (most recent call last):
  /^#\d{1,5} \d{1,6}\.\d{1,3} ?/,
  // 0.714 Traceback (most recent call last):
  /^\d{1,6}\.\d{3} /,
  // == APP == INFO:     Started server process [1]
  /^== APP == ?/,
];

/** Takes off at most three carriers (compose of `docker logs -t` and the like), each once. */
export function stripCarriers(lines: readonly string[]): Carried[] {
  let carried: Carried[] = lines.map((text) => ({ text, service: '' }));
  for (let round = 0; round < 3; round += 1) {
    const carrier = CARRIERS.find((pattern) => isOnEveryLine(pattern, carried));
    if (!carrier) break;
    carried = carried.map((line) => strip(carrier, line));
  }
  return carried;
}

function isOnEveryLine(pattern: RegExp, lines: readonly Carried[]): boolean {
  const filled = lines.filter((line) => line.text.trim() !== '');
  if (filled.length < 3) return false;
  const matching = filled.filter((line) => pattern.test(line.text.slice(0, 300))).length;
  return matching >= filled.length * 0.9;
}

function strip(pattern: RegExp, line: Carried): Carried {
  const found = pattern.exec(line.text.slice(0, 300));
  if (!found) return line;
  return { text: line.text.slice(found[0].length), service: found.groups?.['service'] ?? line.service };
}
