/** Values in a file that no report may repeat: passwords inside URLs, and what is assigned to a name that sounds like a secret. */

/** `://user:password@` */
const IN_URL = /:\/\/[^\s:@/'"]*:(?<secret>[^\s@'"]+)@/g;
/** `JWT_SECRET_KEY = "value"`, `password: value` */
const ASSIGNED = /(?<name>[\w.-]*(?:password|passwd|passphrase|secret|token|api_?key|private_?key|credential)[\w.-]*)["']?[^\S\n]*[:=][^\S\n]*(?:"(?<double>[^"\n]+)"|'(?<single>[^'\n]+)'|(?<bare>[^\s"'#,)(]+))/gi;

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
