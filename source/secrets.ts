/** What must not be printed. */

/** Words of a name that say "secret" wherever they stand in it. */
const STRONG = /PASSW|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|PRIVATE|TOKEN|ENCRYPTION/;
/** Words that say so only by themselves: MONKEY holds KEY, and is none. */
const WORDS = /^(PASS|PWD?|KEYS?|SALT|PEPPER|DSN)$/;
// DBPASS · PGPW · REDISPWD
const GLUED = /^(DB|PG|SQL|MYSQL|POSTGRES|REDIS|SMTP|MAIL|USER|ADMIN|ROOT)(PASS|PWD?)$/;
/** The last word of what is said about a secret: ACCESS_TOKEN_EXPIRE_MINUTES, JWT_ALGORITHM, TOKEN_URL. */
const ABOUT = /^(EXPIR\w*|LIFETIME|TTL|AGE|MINUTES?|MINS?|SECONDS?|SECS?|HOURS?|DAYS?|ALG|ALGORITHMS?|PREFIX|TYPE|HEADER|LENGTH|LEN|SIZE|COUNT|MIN|MAX|LIMIT|UR[LI]|ENDPOINT|NAME|ENABLED|ISSUER|AUDIENCE|SUBJECT|SCHEME|ROUNDS|POLICY|LOCATION)$/;
// postgresql://user:password@host
const URL_WITH_PASSWORD = /:\/\/[^\s/@:]*:[^\s/@]+@/;
// sk-proj-… · ghp_… · AKIA… · xoxb-… · eyJhbGciOi….….… · -----BEGIN PRIVATE KEY-----
const KNOWN_SHAPE = /^(sk|pk|rk)[-_][\w-]{16,}$|^gh[pousr]_\w{20,}$|^(AKIA|ASIA)[A-Z0-9]{12,}$|^xox[abprs]-[\w-]{10,}$|^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*$|-----BEGIN [A-Z ]*PRIVATE KEY-----|^npg_\w{8,}$|^SG\.[\w-]{16,}/;

/** True for names and values that must not be printed. */
export function looksSecret(name: string, value: string): boolean {
  return value !== '' && (namesSecret(name) || URL_WITH_PASSWORD.test(value) || KNOWN_SHAPE.test(value));
}

function namesSecret(name: string): boolean {
  // The shell's own PWD is a folder.
  if (name === 'PWD') return false;
  // dbPassword → DB_PASSWORD
  const upper = name.replace(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();
  const words = upper.split(/[^A-Z]+/).filter((word) => word !== '');
  if (words.includes('PUBLIC') || words.some((word) => /^EXPIR/.test(word)) || ABOUT.test(words.at(-1) ?? '')) return false;
  return STRONG.test(upper) || words.some((word) => WORDS.test(word) || GLUED.test(word));
}
