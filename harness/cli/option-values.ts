/** One option's value as typed → the value meant. Every refusal says what, why and what to do; exit code 2. */
import { splitWords } from './split-words.ts';
import { nearest, usageError } from './usage.ts';

export function choice<const T extends string>(option: string, typed: string, known: readonly T[]): T {
  const found = known.find((word) => word === typed);
  if (found === undefined) throw unknownChoice(option, typed, known);
  return found;
}

export function unknownChoice(option: string, typed: string, known: readonly string[]): Error {
  const meant = nearest(typed, known);
  return usageError(
    `${option} does not know "${typed}".`,
    `It takes ${known.length === 1 ? 'only ' : 'one of '}${known.join(', ')}.`,
    meant ? `Did you mean ${option} ${meant}?` : `Say ${option} ${known[0] ?? ''}, or leave it out.`,
  );
}

export function wholeNumber(option: string, typed: string, least: number, most: number): number {
  const value = Number(typed);
  if (/^\d+$/.test(typed) && value >= least && value <= most) return value;
  throw usageError(
    `${option} ${typed} is not a number it can take.`,
    `It takes a whole number from ${least} to ${most}.`,
    `For example ${option} ${option === '--port' ? 8080 : 30}.`,
  );
}

export function seconds(option: string, typed: string, least: number, most: number): number {
  const value = Number(typed);
  if (/^\d+(?:\.\d+)?$/.test(typed) && value >= least && value <= most) return value;
  throw usageError(
    `${option} ${typed} is not a time it can take.`,
    `It takes seconds, from ${least} to ${most}.`,
    `For example ${option} 5.`,
  );
}

export function target(typed: string): string {
  if (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(\))?$/.test(typed)) return typed;
  throw usageError(
    `--app ${typed} is no uvicorn target.`,
    'A target is MODULE:ATTRIBUTE with dots between modules, not a path.',
    'For example --app src.main:app.',
  );
}

export function path(typed: string): string {
  if (/^\/[^\s?#]*(?:\?\S*)?$/.test(typed)) return typed;
  throw usageError(
    `--health ${typed} is no path.`,
    'It must be the path part of a URL, beginning with a slash.',
    'For example --health /health.',
  );
}

export function command(option: '--command' | '--fixer', typed: string): readonly string[] {
  const words = splitWords(option, typed);
  if (words.length > 0) return words;
  throw usageError(
    `${option} is empty.`,
    option === '--command' ? 'The final confirmation runs this command.' : 'It names the program to ask.',
    'Give a command, or leave the option out.',
  );
}

/** The URL itself is never shown: it holds a password. */
export function databaseUrl(typed: string): string {
  const url = URL.parse(typed);
  const ok = url !== null && /^postgres(?:ql)?(?:\+\w+)?:$/.test(url.protocol) && url.hostname !== '' && url.pathname.length > 1;
  if (ok) return typed;
  throw usageError(
    '--database is no Postgres URL.',
    'It states the real server: user, password, host, port and database.',
    'For example --database postgresql://USER:PASSWORD@HOST:5432/NAME.',
  );
}
