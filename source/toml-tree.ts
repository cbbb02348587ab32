/** TOML with places in the text: what pyproject edits need and a plain reader does not give. */
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import type { AST } from 'toml-eslint-parser';

export interface TomlEntry {
  /** Full path: `['project', 'dependencies']`. Entries of inline tables are not split. */
  readonly path: readonly string[];
  readonly value: AST.TOMLContentNode;
  readonly start: number;
  readonly end: number;
}

export interface TomlTable {
  readonly path: readonly string[];
  /** Offset behind the header's line, or of the file's start for the top. */
  readonly start: number;
  readonly end: number;
}

/** Undefined when the text is no TOML. */
export function tomlTree(text: string): { readonly entries: readonly TomlEntry[]; readonly tables: readonly TomlTable[] } | undefined {
  try {
    const [top] = parseTOML(text).body;
    const entries: TomlEntry[] = [];
    const tables: TomlTable[] = [];
    for (const node of top.body) {
      if (node.type === 'TOMLKeyValue') entries.push(entryOf([], node));
      else {
        const path = node.resolvedKey.map(String);
        tables.push({ path, start: node.range[0], end: node.range[1] });
        entries.push(...node.body.map((each) => entryOf(path, each)));
      }
    }
    return { entries, tables };
  } catch {
    return undefined;
  }
}

function entryOf(table: readonly string[], node: AST.TOMLKeyValue): TomlEntry {
  const keys = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  return { path: [...table, ...keys], value: node.value, start: node.range[0], end: node.range[1] };
}

/** Texts of a string array with the places between their quotes. */
export function tomlStrings(value: AST.TOMLContentNode): readonly { readonly text: string; readonly start: number; readonly end: number; readonly outer: readonly [number, number] }[] {
  if (value.type !== 'TOMLArray') return [];
  return value.elements.flatMap((element) => {
    if (element.type !== 'TOMLValue' || typeof element.value !== 'string') return [];
    return [{ text: element.value, start: element.range[0] + 1, end: element.range[1] - 1, outer: element.range }];
  });
}

export function tomlValue(node: AST.TOMLContentNode): unknown {
  return getStaticTOMLValue(node);
}
