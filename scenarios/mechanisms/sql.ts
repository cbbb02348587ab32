/** A little of SQL's own grammar: where statements end. */

/** Statements of a script, without the semicolons between them; quotes, dollar quotes and comments are left whole. */
export function splitStatements(script: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  // A quoted text, a dollar-quoted body, a comment, or the end of a statement.
  const token = /'(?:''|[^'])*'|"(?:""|[^"])*"|\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$|--[^\n]*|\/\*[\s\S]*?\*\/|;/g;
  for (const match of script.matchAll(token)) {
    if (match[0] !== ';') continue;
    parts.push(script.slice(start, match.index));
    start = match.index + 1;
  }
  return [...parts, script.slice(start)].map((part) => part.trim()).filter((part) => part.replace(/--[^\n]*/g, '').trim() !== '');
}
