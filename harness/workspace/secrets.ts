/** Values in a file that no report may repeat: passwords inside URLs, and what is assigned to a name that sounds like a secret. */

// All repetitions are bounded: a file may hold one line of a megabyte.
/** `://user:password@` */
const IN_URL = /:\/\/[^\s:@/'"]{0,200}:(?<secret>[^\s@'"]{1,500})@/g;
/** `JWT_SECRET_KEY = "value"`, `password: value` */
const ASSIGNED = new RegExp([
  String.raw`(?:password|passwd|passphrase|secret|token|api_?key|private_?key|credential)[\w.-]{0,40}["']?[^\S\n]{0,20}[:=][^\S\n]{0,20}`,
  String.raw`(?:"(?<double>[^"\n]{1,2000})"|'(?<single>[^'\n]{1,2000})'|(?<bare>[^\s"'#,)(]{1,2000}))`,
].join(''), 'gi');

/** Names of things rather than things: `token: str`, `password: None`. */
const NO_VALUE = /^(?:str|int|bool|bytes|float|None|null|true|false|Optional.*|SecretStr.*|Field.*|\$\{.*|\d{1,4})$/;

/** Distinct values, longest first. Settings files only give bare values; in code a bare value is a name. */
export function secretsIn(file: string, text: string): readonly string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(IN_URL)) if (match.groups?.secret) found.add(match.groups.secret);
  for (const match of text.matchAll(ASSIGNED)) {
    const { double, single, bare } = match.groups ?? {};
    const value = double ?? single ?? (file.endsWith('.py') ? undefined : bare);
    if (value && value.length >= 3 && !NO_VALUE.test(value)) found.add(value);
  }
  return [...found].toSorted((a, b) => b.length - a.length);
}
