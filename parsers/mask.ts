/**
 * Takes secrets out of any text, before it is stored, shown or matched on.
 *
 * Everything here is linear: no pattern can scan the same run of characters twice, so a line of a megabyte costs a megabyte.
 * It prefers to mask too much: whatever stands between `user:` and the last `@` of a word that holds `://` is a password.
 */

const MASK = '***';
/** A scheme is never longer; walking back further from `://` would be wasted. */
const LONGEST_SCHEME = 40;

/** Masks what looks like a secret: passwords in URLs, tokens of known shape, values of names such as `SECRET_KEY`. */
export function mask(text: string): string {
  let masked = maskUrls(text);
  masked = maskInputValues(masked);
  masked = maskParameters(masked);
  masked = maskPrivateKeys(masked);
  for (const { pattern, replacement } of TOKENS) masked = masked.replace(pattern, replacement);
  return masked.split('\n').map(maskAssignments).join('\n');
}

/**
 * Masks values that are known to be secret (from the environment), also in their URL-encoded and JSON-escaped forms.
 * Values shorter than four characters are left alone: masking `1` or `db` would destroy the text and protect nothing.
 */
export function maskValues(text: string, secretValues: Iterable<string>): string {
  const forms = new Set<string>();
  for (const value of secretValues) {
    for (const form of [value, encodeURIComponentSafe(value), JSON.stringify(value).slice(1, -1)]) {
      if (form.length >= 4) forms.add(form);
    }
  }
  // Longest first, so that a value that is part of another one does not leave the other's rest behind.
  let masked = text;
  for (const form of [...forms].sort((a, b) => b.length - a.length)) masked = masked.replaceAll(form, MASK);
  return masked;
}

function encodeURIComponentSafe(value: string): string {
  // A lone surrogate cannot be encoded; such a value has no URL form.
  return value.isWellFormed() ? encodeURIComponent(value) : value;
}

/** `postgresql+asyncpg://app:s3cret@db:5432/app` → `postgresql+asyncpg://app:***@db:5432/app` */
function maskUrls(text: string): string {
  let out = '';
  let done = 0;
  for (let mark = text.indexOf('://', done); mark !== -1; mark = text.indexOf('://', done)) {
    const start = mark + 3;
    const end = endOfWord(text, start);
    const word = text.slice(start, end);
    out += text.slice(done, start) + maskUserInfo(word, schemeBefore(text, mark));
    done = end;
  }
  return out + text.slice(done);
}

function endOfWord(text: string, from: number): number {
  const word = /\S*/y;
  word.lastIndex = from;
  return from + (word.exec(text)?.[0].length ?? 0);
}

function schemeBefore(text: string, mark: number): string {
  let start = mark;
  while (start > 0 && mark - start < LONGEST_SCHEME && /[\w+.-]/.test(text.charAt(start - 1))) start -= 1;
  return text.slice(start, mark);
}

function maskUserInfo(word: string, scheme: string): string {
  const at = word.lastIndexOf('@');
  if (at === -1) return word;
  const colon = word.indexOf(':');
  if (colon !== -1 && colon < at) return `${word.slice(0, colon)}:${MASK}${word.slice(at)}`;
  // `https://TOKEN@host`: a user name alone is a secret only where people put tokens there.
  return /^(?:git\+)?https?$/i.test(scheme) && at >= 12 ? MASK + word.slice(at) : word;
}

/** `[type=missing, input_value={'PASSWORD': 'x'}, input_type=dict]` → `[type=missing, input_value=***, input_type=dict]` */
function maskInputValues(text: string): string {
  return maskBetween(text, 'input_value=', (rest) => {
    const type = rest.indexOf(', input_type=');
    return type === -1 ? endOfLine(rest, ']') : type;
  });
}

/** `[parameters: ('ann', 'hunter2')]` → `[parameters: ***]`. */
function maskParameters(text: string): string {
  return maskBetween(text, '[parameters: ', (rest) => endOfLine(rest, ']'));
}

function maskBetween(text: string, opener: string, lengthOfSecret: (rest: string) => number): string {
  const parts = text.split(opener);
  const [first = '', ...rest] = parts;
  return first + rest.map((part) => opener + MASK + part.slice(lengthOfSecret(part))).join('');
}

/** Where the line's last `closer` stands; the end of the line when there is none. */
function endOfLine(rest: string, closer: string): number {
  const newline = rest.indexOf('\n');
  const line = newline === -1 ? rest : rest.slice(0, newline);
  const close = line.lastIndexOf(closer);
  return close === -1 ? line.length : close;
}

function maskPrivateKeys(text: string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  return text.replace(/(?<begin>-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[A-Za-z0-9+/=\s\\]*/g, `$<begin>${MASK}`);
}

/** `invalid literal for int() with base 10: 'ss@db:5432'`: a broken URL shows the rest of its password */
const TORN = /(?<open>(?:with base \d+|invalid port|port): ?')(?<rest>[^']{1,300}@)/gi;

const TOKENS: readonly { readonly pattern: RegExp; readonly replacement: string }[] = [
  // Authorization: Bearer abc.def
  { pattern: TORN, replacement: `$<open>${MASK}@` },
  { pattern: /\b(?<scheme>Bearer|Basic) (?=[\w+/.=~-]{8})[\w+/.=~-]+/gi, replacement: `$<scheme> ${MASK}` },
  // eyJhbGciOi.eyJzdWIiOi.SflKxwRJ
  { pattern: /\beyJ[\w-]{5,4000}\.[\w-]{2,4000}(?:\.[\w-]{0,4000})?/g, replacement: MASK },
  // AKIAIOSFODNN7EXAMPLE
  { pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, replacement: MASK },
  // ghp_16C7e42F292c6912E7710c838347Ae178B4a, github_pat_11AA, glpat-xx, xoxb-1-2, sk-proj-xx, sk_live_xx, AIzaSyXX, hf_xx, npm_xx, pypi-xx
  {
    pattern: /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk-|[rsp]k_(?:live|test)_|AIza|hf_|npm_|pypi-|SG\.)[\w-]{16,400}/g,
    replacement: MASK,
  },
];

const SECRET_WORD = /(?:secret|token|passw(?:or)?d|passphrase|pwd|credentials?|api_?key|_key|dsn_key)$/i;
const NOT_SECRET = /(?:primary|foreign|public|sort|cache|unique|partition|index)_key$/i;
/** `SECRET_KEY=`, `'password': `, `"api_key":`, `TOKEN: ` (upper case only, or `KeyError: ` would lose its key) */
const ASSIGNMENT = /(?<=^|[^\w])(?<open>["']?)(?<name>[A-Za-z][\w-]{1,80})(?<close>["']?)(?<sign> ?= ?|: ?)(?=\S)/g;

function maskAssignments(line: string): string {
  if (!/secret|token|passw|passphrase|pwd|credential|key/i.test(line)) return line;
  let out = '';
  let done = 0;
  for (const match of line.matchAll(ASSIGNMENT)) {
    const { name = '', close = '', sign = '' } = match.groups ?? {};
    const start = match.index + match[0].length;
    if (match.index < done || !SECRET_WORD.test(name) || NOT_SECRET.test(name)) continue;
    if (sign.startsWith(':') && close === '' && name !== name.toUpperCase()) continue;
    const end = endOfValue(line, start);
    if (isHarmless(line, start, end, name)) continue;
    out += line.slice(done, start) + MASK;
    done = end;
  }
  return out + line.slice(done);
}

function endOfValue(line: string, start: number): number {
  const quote = /^[rbuf]?(?<quote>["'])/i.exec(line.slice(start, start + 2))?.groups?.['quote'];
  if (quote !== undefined) {
    const open = line.indexOf(quote, start);
    let close = line.indexOf(quote, open + 1);
    while (close !== -1 && line.charAt(close - 1) === '\\') close = line.indexOf(quote, close + 1);
    return close === -1 ? line.length : close + 1;
  }
  const value = /[^\s,;&]*/y;
  value.lastIndex = start;
  return start + (value.exec(line)?.[0].length ?? 0);
}

/** Source code below a frame reads a secret without holding it: `password=settings.password`, `SECRET_KEY = os.environ["SECRET_KEY"]`. */
function isHarmless(line: string, start: number, end: number, name: string): boolean {
  const value = line.slice(start, end);
  if (/^(?:True|False|None|null|true|false|\*+|=.*)\W*$/.test(value)) return true;
  if (!/^(?: {2,}|\t)/.test(line)) return false;
  const plain = value.replace(/[)\]},]+$/, '');
  return plain === name || /^[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*|\(|\[)/.test(value) || /^[a-z_]+$/.test(plain);
}
