/** Names that nothing binds, and attributes that a module does not have: in what runs while modules load. */
import type { Node } from 'web-tree-sitter';
import { importRoots } from '../../source/import-roots.ts';
import { isOpenEnded } from '../../source/import-order.ts';
import { fileOf, importedNames, nameUses, syntaxFaults } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { offeredBy } from '../mechanisms/offers.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { exceptionFault, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';
import { plainCode } from './plain-code.ts';
import { BUILTINS, KEYWORDS } from './python-words.ts';
import { partsOf } from './syntax.ts';

export const foreseeNames: Foresight = (source, index) => [...loadedFiles(source)].flatMap((path) => {
  const file = source.files.get(path);
  return file === undefined || !path.endsWith('.py') ? [] : [...undefinedNames(file, source, index), ...lostAttributes(file, source, index)];
});

/** Every place that could bind a name, whatever its scope. Words too many cost a miss; a word too few would be a false alarm. */
const BINDINGS: readonly RegExp[] = [
  // `self.type` at the end of a line binds nothing of the next one.
  /(?<![\w.])(?:def|class|type|as|global|nonlocal|del)[ \t\\]+(?<names>\w+(?:\s*,\s*\w+)*)/g,
  /(?<names>\w+)\s*(?::[^=\n]*?)?(?:=(?!=)|:=|[-+*/|&%@^]=|\/\/=)/g,
  /(?<names>\w+(?:\s*,\s*\*?\w+)*[\s,)\]]*)=(?!=)/g,
  /\bfor\s+(?<names>[^\n:]*?)\s+in\b/g,
  /\blambda\b(?<names>[^:\n]*):/g,
  /\bdef\s+\w+\s*\[(?<names>[^\]\n]*)\]/g,
  /\bclass\s+\w+\s*\[(?<names>[^\]\n]*)\]/g,
  /^[ \t]*case\b(?<names>[^\n]*)/gm,
  /^[ \t]*(?<names>\w+)\s*:\s*(?=\S)/gm,
];

function undefinedNames(file: SourceFile, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  const code = plainCode(file.text);
  if (isOpenEnded(file)) return [];
  const known = new Set([...BUILTINS, ...KEYWORDS, ...importedNames(file).keys()]);
  for (const pattern of BINDINGS) {
    for (const { groups } of code.matchAll(pattern)) for (const word of (groups?.['names'] ?? '').match(/\w+/g) ?? []) known.add(word);
  }
  for (const match of code.matchAll(/\bdef\s+\w+\s*(?:\[[^\]\n]*\])?\s*\(/g)) {
    for (const { text } of partsOf(code, match.index + match[0].length)) known.add(/\w+/.exec(text)?.[0] ?? '');
  }
  const unbound = new Set<string>();
  for (const { groups } of code.matchAll(/(?<![\w.])(?<word>[A-Za-z_]\w*)(?!\w|\s*=(?!=))/g)) if (!known.has(groups?.['word'] ?? '')) unbound.add(groups?.['word'] ?? '');
  return [...unbound].flatMap((name): readonly ForeseenFault[] => {
    const use = nameUses(file, name).find((each) => runsWhileLoading(file, each.start, name, index.python));
    if (use === undefined) return [];
    const forgotten = index.stdlib.includes(name) ? `. Did you forget to import '${name}'?` : '';
    return [{ stage: 'import', fault: exceptionFault({ type: 'NameError', message: `name '${name}' is not defined${forgotten}`, frames: [treeFrame(source, file.path, use.line)] }) }];
  });
}

/** Not inside a function's body, and not where only type checkers look. */
function runsWhileLoading(file: SourceFile, at: number, name: string, python: string): boolean {
  const node = file.syntax?.rootNode.descendantForIndex(at, at + name.length);
  if (node === null || node === undefined || node.type !== 'identifier') return false;
  let annotation: Node | undefined;
  let inner: Node = node;
  for (const up of ancestors(node)) {
    if (up.type === 'type') annotation = up;
    if (up.type === 'lambda' || up.type.endsWith('comprehension') || up.type === 'generator_expression') return false;
    if (up.type === 'function_definition' && up.childForFieldName('body')?.startIndex === inner.startIndex) return false;
    if (up.type === 'if_statement' && /TYPE_CHECKING|__name__/.test(up.childForFieldName('condition')?.text ?? '')) return false;
    if (up.type === 'try_statement' || up.type === 'if_statement' || up.type === 'match_statement') return false;
    if (annotation !== undefined && (up.type === 'function_definition' || up.type === 'class_definition') && !isEvaluated(up, annotation, file, python)) return false;
    inner = up;
  }
  return annotation === undefined || inner.type !== 'module' || node.parent?.type !== 'assignment';
}

/**
 * Since Python 3.14 an annotation is read when somebody asks for it. pydantic and FastAPI put up with names that they cannot find; classes with a
 * table ask at once and do not.
 */
function isEvaluated(holder: Node, annotation: Node, file: SourceFile, python: string): boolean {
  const head = holder.childForFieldName('superclasses')?.text ?? '';
  if (holder.type === 'class_definition' && (/table\s*=\s*True/.test(head) || (/__tablename__/.test(holder.text) && /^(?:\w+\.)?Mapped\b/.test(annotation.text)))) return true;
  return Number(python.split('.')[1] ?? 14) < 14 && !/^from __future__ import .*\bannotations\b/m.test(file.text);
}

/** `units.gone` at module level, where `units` is a module whose names are known. */
function lostAttributes(file: SourceFile, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  return [...importedNames(file)].flatMap(([local, module]) => {
    const offered = attributesOf(module, source, index);
    if (offered === undefined) return [];
    const names = new Set([...file.text.matchAll(new RegExp(`(?<![\\w.])${local}\\.(?<name>[A-Za-z_]\\w*)`, 'g'))].map(({ groups }) => groups?.['name'] ?? ''));
    // What the file sets itself is there afterwards; private names may be modules that something else has loaded.
    return [...names].filter((name) => !offered.includes(name) && !name.startsWith('_') && !new RegExp(`(?<![\\w.])${local}\\.${name}\\s*(?::[^=\\n]*)?=(?!=)|\\bsetattr\\(\\s*${local}\\b`).test(file.text)).flatMap((name): readonly ForeseenFault[] => {
      const at = [...file.text.matchAll(new RegExp(`(?<![\\w.])${local}\\.${name}\\b`, 'g'))].find((match) => runsWhileLoading(file, match.index, local, index.python))?.index;
      if (at === undefined) return [];
      const [similar] = lookAlikes(name, offered);
      const message = `module '${module}' has no attribute '${name}'${similar === undefined ? '' : `. Did you mean: '${similar}'?`}`;
      return [{ stage: 'import', fault: exceptionFault({ type: 'AttributeError', message, frames: [treeFrame(source, file.path, file.text.slice(0, at).split('\n').length)] }) }];
    });
  });
}

/** All attributes of a module; undefined for what is no module, or not known to the last name. */
function attributesOf(module: string, source: Source, index: PackageIndex): readonly string[] | undefined {
  const path = fileOf(module, source.files, importRoots(source.run));
  if (path === undefined) {
    const offered = isTreeModule(module, source) ? undefined : index.exports?.[module];
    return offered === undefined || offered.open ? undefined : offered.names;
  }
  const file = source.files.get(path);
  return file === undefined || isOpenEnded(file) || syntaxFaults(file).length > 0 || path.endsWith('__init__.py') ? undefined : offeredBy(module, source, index);
}
