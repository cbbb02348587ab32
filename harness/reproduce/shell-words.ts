/** Text that stands in a shell script: whatever it holds, it is read as text, by a script and by a terminal it is pasted into. */

/** One word of a command; nothing in it is read by the shell. */
export function quoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // A pasted Tab completes and a pasted Escape may end the paste: neither is written as it is.
  return CONTROL.test(text) ? `"$(printf '%b' ${inQuotes(text.replaceAll('\\', '\\\\').replace(CONTROLS, octal))})"` : inQuotes(text);
}

function inQuotes(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a comment or a line for people may hold of a text that comes from elsewhere. */
export function word(text: string): string {
  return text.replace(/[^\w.:/-]/g, '');
}

/** Feeds a text to a command, byte for byte: as it stands where that is safe, else as base64. @param number tells one here-document from the others */
export function fed(text: string | Buffer, command: string, number: number): string {
  const plain = typeof text === 'string' && (text === '' || text.endsWith('\n')) && !CONTROL.test(text);
  const body = plain ? text : Buffer.from(text).toString('base64').replace(/(.{76})/g, '$1\n').replace(/\n?$/, '\n');
  // A word that no line of the text is.
  let end = `END_${number}`;
  while (`\n${body}`.includes(`\n${end}\n`)) end += '_';
  if (plain) return `${command} <<'${end}'\n${body}${end}\n`;
  return command.startsWith('cat >') ? `base64 -d ${command.slice('cat '.length)} <<'${end}'\n${body}${end}\n` : `base64 -d <<'${end}' | ${command}\n${body}${end}\n`;
}

/** All but the end of a line. */
const CONTROL = /(?!\n)\p{Cc}/u;
const CONTROLS = new RegExp(CONTROL.source, 'gu');

/** Of its UTF-8 bytes, as printf's %b reads it. */
function octal(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}
