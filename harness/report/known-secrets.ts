/** Values that no output of a run may show. */
import process from 'node:process';
import { environmentOf } from '../boot-request.ts';
import { databaseUrls, identityOfUrl } from '../../source/database.ts';
import { looksSecret } from '../../source/environment.ts';
import type { Source } from '../../source/types.ts';

/** No secret, whatever the variable is called (`CSRF_TOKEN_REQUIRED=True`): masked, it would blot out every other such value. */
const WORD = /^(?:true|false|yes|no|on|off|none|null)$/i;

/** What the tree and the user keep secret, whether the code reads it or not, and every database password. @param env what the user gave */
export function secretsOf(source: Source, env: Readonly<Record<string, string>>): readonly string[] {
  const rows = environmentOf(source).rows.flatMap(({ secret, value, default: fallback }) => (secret ? [value, fallback] : []));
  const entries = [...source.dotenv, ...Object.entries(env)];
  const named = entries.flatMap(([name, value]) => (looksSecret(name, value) ? [value] : []));
  const all = [...rows, ...named].filter((value) => value !== null);
  const addresses = databaseUrls(source).flatMap(({ url, template }) => (template ? [] : [url]));
  const passwords = [...all, ...addresses, ...entries.map(([, value]) => value)].flatMap((value) => [identityOfUrl(value)?.password, passwordAsWritten(value)].filter((password) => password !== undefined));
  return [...new Set([...all, ...passwords, source.run.stated?.password ?? ''])].filter((value) => value !== '' && !WORD.test(value) && value !== process.env['USER']);
}

/** `postgresql//shop:p@ss/word@db/shop`: what no parser reads is a secret all the same, from the first colon behind the user to the last `@`. */
function passwordAsWritten(value: string): string | undefined {
  return /^[\w+.-]{0,40}:?\/{1,3}[^\s:/@]{1,100}:(?<password>\S{1,200})@[^\s@]*$/.exec(value)?.groups?.['password'];
}
