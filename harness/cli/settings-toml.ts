/** One table of a TOML file, its entries with the lines they stand in. */
import { basename } from 'node:path';
import { ParseError, getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';
import { usageError } from './usage.ts';

export interface TomlEntry {
  readonly key: string;
  readonly value: unknown;
  /** The value as written. */
  readonly source: string;
  /** 1-based. */
  readonly line: number;
}

export interface TomlSection {
  readonly file: string;
  readonly entries: readonly TomlEntry[];
}

/**
 * @param path names of the table; empty for the top of the file
 * @returns null when the table is not there, or when a file that others own too cannot be parsed
 * @throws HarnessError (usage) when a file of our own cannot be parsed
 */
export function readToml(file: string, text: string, path: readonly string[]): TomlSection | null {
  let ast: AST.TOMLProgram;
  try {
    ast = parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    if (path.length > 0) return null;
    throw usageError(`${basename(file)}:${error.lineNumber}: ${error.message}.`, 'The settings file is no TOML, so nothing was started.', 'Correct the line, or remove the file.');
  }
  const table = path.reduce<unknown>((value, name) => (isTable(value) ? value[name] : undefined), getStaticTOMLValue(ast));
  if (!isTable(table)) return null;
  const pairs = pairsBelow(ast, path);
  return {
    file,
    entries: Object.entries(table).map(([key, value]) => {
      const first = pairs.find((pair) => pair.key === key);
      return { key, value, source: first?.source(text) ?? '', line: first?.line ?? 1 };
    }),
  };
}

interface Pair {
  readonly key: string;
  readonly line: number;
  readonly source: (text: string) => string;
}

/** Everything written below the table: `port = 1`, `env.A = "x"`, and the heading `[env]`. */
function pairsBelow(ast: AST.TOMLProgram, path: readonly string[]): readonly Pair[] {
  const top = ast.body[0];
  const written = top.body.flatMap((node): { names: readonly (string | number)[]; line: number; range: readonly [number, number] }[] => {
    if (node.type === 'TOMLKeyValue') return [pair([], node)];
    return [{ names: node.resolvedKey, line: node.loc.start.line, range: node.range }, ...node.body.map((one) => pair(node.resolvedKey, one))];
  });
  return written.flatMap(({ names, line, range }) => {
    const key = names[path.length];
    return key !== undefined && path.every((name, index) => names[index] === name) ? [{ key: String(key), line, source: (text: string) => text.slice(...range) }] : [];
  });
}

function pair(above: readonly (string | number)[], node: AST.TOMLKeyValue): { names: readonly (string | number)[]; line: number; range: readonly [number, number] } {
  const names = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  return { names: [...above, ...names], line: node.loc.start.line, range: node.value.range };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
