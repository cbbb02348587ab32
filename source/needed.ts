/** Whether a read that may give None can do without a value. */
import type { Node } from 'web-tree-sitter';
import { nameUses } from './calls.ts';
import type { Call } from './calls.ts';
import { stops } from './checks.ts';
import { ancestors, nodesOf } from './syntax.ts';
import type { SourceFile } from './types.ts';

/** An empty default is none for what must be an address. */
export function isAddress(name: string): boolean {
  return /(DATABASE|DB|POSTGRES|SQLALCHEMY)\w*(UR[LI]|DSN)$/i.test(name);
}

/**
 * Names that the tree refuses to go on without: `if not settings.KEY: raise …`, `assert KEY`, a 500 in their place. Each as `KEY`, and with its
 * file as `src/config.py#KEY`.
 */
export function guardedNames(files: readonly SourceFile[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (file: SourceFile, condition: Node): void => {
    for (const { groups = {} } of condition.text.matchAll(NEGATED)) {
      const name = groups['name'] ?? groups['none'] ?? groups['empty'] ?? '';
      found.add(name).add(`${file.path}#${name}`);
    }
  };
  for (const file of files) {
    if (!/\bif\b|\bassert\b/.test(file.text)) continue;
    for (const node of nodesOf(file, ['if_statement', 'elif_clause'])) {
      const [condition, block] = [node.childForFieldName('condition'), node.childForFieldName('consequence')];
      if (condition && block && (stops(block) || /return \w*Response\([^)]*50\d|return \w*Response\([^)]*HTTP_50\d/s.test(block.text))) add(file, condition);
    }
    for (const node of nodesOf(file, 'assert_statement')) for (const [, name = ''] of node.text.matchAll(/^assert\s+(?:\w+\.)*(\w+)\s*(?:,|is not None|!=|$)/g)) found.add(`${file.path}#${name}`).add(name);
    // not all([A, config.B])
    for (const [, list = ''] of file.text.matchAll(/\bnot\s+all\(\s*[[(](?<list>[^\])]*)[\])]\s*\)\s*:\s*\n\s*(?:[^\n]*\n\s*){0,2}(?:raise|sys\.exit|exit)/g)) {
      for (const name of list.split(',').map((each) => each.trim().split('.').at(-1) ?? '')) found.add(name).add(`${file.path}#${name}`);
    }
  }
  return found;
}

// not KEY · not self.settings.KEY · KEY is None · KEY == ""
const NEGATED = /\bnot\s+(?:\w+\.)*(?<name>\w+)\b(?!\s*(?:[.([]|in\b))|\b(?<none>\w+)\s+is\s+None\b|\b(?<empty>\w+)\s*==\s*(?:""|'')/g;

/**
 * `os.getenv("NAME")` alone gives None, which many programs are happy with. It is needed when the value is converted, put into a text,
 * handed to what makes a connection, or checked with a raise behind it.
 */
export function isNeeded(file: SourceFile, call: Call, variable: string, guarded: ReadonlySet<string>): boolean {
  if (usedAsText(call.node)) return true;
  const name = call.assignedTo?.split(':')[0]?.trim();
  if (name === undefined || !/^[\w.]+$/.test(name)) return false;
  const local = name.split('.').at(-1) ?? name;
  // No engine can be built from nothing, wherever it is built; a fallback in the next lines makes it a choice.
  const fallback = new RegExp(`if not ${local}\\b[^\\n]*:\\s*\\n\\s*${local}\\s*=|${local}\\s+or\\s|if ${local}\\b[^\\n]*(:\\s*\\n|else\\b)`);
  if (isAddress(variable) && !fallback.test(file.text)) return true;
  // A constant or an attribute may be checked anywhere in the tree, a short local name only where it is.
  if (guarded.has(`${file.path}#${local}`) || (/^[A-Z][A-Z0-9_]{2,}$/.test(local) && guarded.has(local))) return true;
  return nameUses(file, local).some((use) => {
    const node = file.syntax?.rootNode.descendantForIndex(use.start, use.end);
    return node !== undefined && node !== null && usedAsText(node);
  });
}

const NEEDS_TEXT = /(^|\.)(int|float|create_engine|create_async_engine|create_pool|connect|Database|make_url|AsyncEngine|init|configure|Client|from_url|URL|encode|decode)$/;

/** Converted, filled into an f-string, joined with `+`, or given a method of str. */
function usedAsText(node: Node): boolean {
  const up = node.parent;
  if (!up) return false;
  if (up.type === 'interpolation') return true;
  if (up.type === 'attribute' && up.childForFieldName('object')?.startIndex === node.startIndex) return /^(replace|split|strip|lower|upper|startswith|encode|format|rstrip|lstrip)$/.test(up.childForFieldName('attribute')?.text ?? '');
  if (up.type === 'binary_operator') return true;
  if (up.type === 'argument_list') return up.namedChild(0)?.startIndex === node.startIndex && NEEDS_TEXT.test(up.parent?.childForFieldName('function')?.text ?? '');
  return up.type === 'parenthesized_expression' && [...ancestors(up)].some((each) => each.type === 'interpolation');
}
