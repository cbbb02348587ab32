/**
 * What the Python files of a tree declare, read by patterns and not by the program's own reader: a second opinion on whether a healed copy
 * still has every route and every table that its backend had.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const PATTERNS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['route', /^[ \t]*@[\w.]+\.(get|post|put|patch|delete|head|options|route|api_route|websocket)\(\s*(?:path\s*=\s*)?(?:[rf]?(["'])(?<name>.*?)\2)?/gm],
  ['handler', /^[ \t]*@(get|post|put|patch|delete|route|websocket)\(\s*(?:[rf]?(["'])(?<name>.*?)\2)?/gm],
  ['registered', /\b(?<name>include_router|mount|add_middleware|add_route|add_api_route|add_websocket_route|add_exception_handler|register_blueprint)\(/g],
  ['table', /__tablename__\s*(?::[^=\n]*)?=\s*["'](?<name>\w+)["']/g],
  ['table', /^class\s+(?<name>\w+)\(.*\btable\s*=\s*True/gm],
  ['table', /\bTable\(\s*["'](?<name>\w+)["']/g],
];

/** One entry per declaration, such as `route get /items` or `table users`; equal entries mean equal things. */
export async function declarationsOf(tree: string): Promise<readonly string[]> {
  const paths = (await readdir(tree, { recursive: true })).filter((path) => path.endsWith('.py') && !/(?:^|\/)(?:\.venv|venv|node_modules|site-packages|\.boot-check[^/]*)\//.test(path));
  const texts = await Promise.all(paths.map(async (path) => readFile(join(tree, path), 'latin1').catch(() => '')));
  return texts.flatMap((text) => PATTERNS.flatMap(([what, pattern]) =>
    [...text.replaceAll(/^[ \t]*#.*$/gm, '').matchAll(pattern)].map((match) => [what, match[1] === match.groups?.['name'] ? '' : match[1], match.groups?.['name'] ?? ''].filter(Boolean).join(' '))));
}

/** Entries of `before` that `after` lacks, counted. A table that two classes declared is no loss when one of them is left. */
export function lost(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = Map.groupBy(after, (entry) => entry);
  return before.filter((entry) => (entry.startsWith('table ') ? !left.has(entry) : left.get(entry)?.pop() === undefined));
}
