/** What the code takes from `os.environ` while modules load, where an environment that claims to be whole does not give it. */
import { definitionsOf, importedNames } from '../../source/python.ts';
import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Node } from 'web-tree-sitter';
import { dotenvEntries } from '../../source/dotenv.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { isUnconditional } from '../mechanisms/certain-code.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { environmentFile, isReadBySettingsOnly } from '../mechanisms/variables.ts';
import { exceptionFault, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';

export const foreseeProcessEnvironment: Foresight = (source) => {
  if (!source.environmentClaimed) return [];
  return [...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    return file === undefined || !path.endsWith('.py') || !/\benviron\b|\bgetenv\b/.test(file.text) ? [] : [...keyErrors(file, source), ...nothings(file, source), ...demands(file, source)];
  });
};

/** What the server's process gets: a `.env` that only a settings class reads gives it nothing. */
function givenTo(source: Source, name: string): string | undefined {
  const given = source.run.env[name];
  if (given !== undefined || isReadBySettingsOnly(source)) return given;
  return dotenvEntries(environmentFile(source).text).findLast((entry) => entry.name === name)?.value ?? undefined;
}

function raise(file: SourceFile, node: Node, source: Source, type: string, message: string): ForeseenFault {
  return { stage: 'config', fault: exceptionFault({ type, message, frames: [treeFrame(source, file.path, node.startPosition.row + 1)] }) };
}

/** `os.environ["NAME"]` */
function keyErrors(file: SourceFile, source: Source): readonly ForeseenFault[] {
  return nodesOf(file, 'subscript').flatMap((node): readonly ForeseenFault[] => {
    const name = /(?:^|\.)environ$/.test(node.childForFieldName('value')?.text ?? '') ? stringValue(node.childForFieldName('subscript')) : undefined;
    const written = node.parent?.type === 'assignment' && node.parent.childForFieldName('left')?.id === node.id;
    if (name === undefined || written || node.parent?.type === 'delete_statement' || givenTo(source, name) !== undefined || !isUnconditional(node) || setBefore(name, source)) return [];
    const { fault, stage } = raise(file, node, source, 'KeyError', `'${name}'`);
    const [shown] = fault.chain;
    return [{ stage, fault: { ...fault, chain: shown === undefined ? [] : [{ ...shown, frames: [...shown.frames, { file: '/usr/lib/python3/os.py', line: 1, function: '__getitem__', owner: 'stdlib' }] }] } }];
  });
}

/** `os.environ["NAME"] = …`, `os.environ.setdefault("NAME", …)`, `os.environ.update(…)` somewhere in the tree. */
function setBefore(name: string, source: Source): boolean {
  return [...source.files.values()].some(({ path, text }) => path.endsWith('.py') && text.includes('environ') && (new RegExp(`environ\\[\\s*["']${name}["']\\s*\\]\\s*=(?!=)|(?:setdefault|putenv)\\(\\s*["']${name}["']`).test(text) || /environ\.update\(|environ\s*\|=/.test(text)));
}

/** `os.getenv("NAME")` without a default, for a variable that nothing sets, or one whose value is known. */
function readOf(node: Node | null): { readonly name: string; readonly fallback: boolean } | undefined {
  if (node?.type !== 'call' || !/(?:^|\.)(?:getenv|environ\.get)$/.test(node.childForFieldName('function')?.text ?? '')) return undefined;
  const given = node.childForFieldName('arguments')?.namedChildren ?? [];
  const name = stringValue(given[0] ?? null);
  return name === undefined ? undefined : { name, fallback: given.length > 1 };
}

const CONVERTERS: Readonly<Record<string, { readonly none: string; readonly good: RegExp; readonly bad: (value: string) => string }>> = {
  int: { none: "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'", good: /^\s*[-+]?\d+(?:_\d+)*\s*$/, bad: (value) => `invalid literal for int() with base 10: '${value}'` },
  float: { none: "float() argument must be a string or a real number, not 'NoneType'", good: /^\s*[-+]?(?:\d[\d_]*\.?\d*|\.\d+|inf|nan|infinity)(?:e[-+]?\d+)?\s*$/i, bad: (value) => `could not convert string to float: '${value}'` },
};

/** None where a text is needed: `int(None)`, `"a" + None`, `None.split(",")`; and texts that are no numbers. */
function nothings(file: SourceFile, source: Source): readonly ForeseenFault[] {
  return nodesOf(file, 'call').flatMap((node): readonly ForeseenFault[] => {
    const read = readOf(node);
    if (read === undefined || !isUnconditional(node) || setBefore(read.name, source)) return [];
    const value = givenTo(source, read.name);
    const around = node.parent;
    const converter = around?.type === 'argument_list' && around.namedChildCount === 1 && !definitionsOf(file).some(({ name }) => name === around.parent?.childForFieldName('function')?.text) && !importedNames(file).has(around.parent?.childForFieldName('function')?.text ?? '') ? CONVERTERS[around.parent?.childForFieldName('function')?.text ?? ''] : undefined;
    if (converter !== undefined && around !== null) {
      if (value === undefined) return read.fallback ? [] : [raise(file, around, source, 'TypeError', converter.none)];
      return converter.good.test(value) || value.includes('$') ? [] : [raise(file, around, source, 'ValueError', converter.bad(value))];
    }
    if (value !== undefined || read.fallback || around === null) return [];
    if (around.type === 'attribute') return [raise(file, around, source, 'AttributeError', `'NoneType' object has no attribute '${around.childForFieldName('attribute')?.text ?? ''}'`)];
    const other = around.type === 'binary_operator' && around.childForFieldName('operator')?.text === '+' ? [around.childForFieldName('left'), around.childForFieldName('right')].find((each) => each?.id !== node.id) : undefined;
    if (other?.type !== 'string') return [];
    return [raise(file, around, source, 'TypeError', other.startIndex < node.startIndex ? 'can only concatenate str (not "NoneType") to str' : "unsupported operand type(s) for +: 'NoneType' and 'str'")];
  });
}

/** `if not KEY: raise …` and `assert KEY` for a variable that nothing sets. */
function demands(file: SourceFile, source: Source): readonly ForeseenFault[] {
  return nodesOf(file, ['if_statement', 'assert_statement']).flatMap((node): readonly ForeseenFault[] => {
    const tested = node.type === 'if_statement' ? /^\(?\s*(?:not\s+(?<name>\w+)|(?<none>\w+)\s+is\s+None)\s*\)?$/.exec(node.childForFieldName('condition')?.text ?? '')?.groups : /^(?<name>\w+)(?:\s+is\s+not\s+None)?$/.exec(node.namedChild(0)?.text ?? '')?.groups;
    const name = tested?.['name'] ?? tested?.['none'];
    const bound = name === undefined ? [] : definitionsOf(file).filter((each) => each.name === name);
    const read = bound.length === 1 ? readOf(bound[0]?.node.childForFieldName('right') ?? null) : undefined;
    if (read === undefined || read.fallback || givenTo(source, read.name) !== undefined || setBefore(read.name, source) || !isUnconditional(node) || node.parent?.type !== 'module') return [];
    if (node.type === 'assert_statement') return [raise(file, node, source, 'AssertionError', stringValue(node.namedChild(1)) ?? '')];
    const raised = node.childForFieldName('consequence')?.namedChildren.find((each) => each?.type === 'raise_statement');
    const made = raised?.namedChild(0);
    if (!raised || made?.type !== 'call') return [];
    return [raise(file, raised, source, made.childForFieldName('function')?.text ?? 'RuntimeError', stringValue(made.childForFieldName('arguments')?.namedChild(0) ?? null) ?? '')];
  });
}
