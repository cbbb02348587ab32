/** Types that pydantic cannot turn into a schema, as far as an annotation shows it for sure. */
import type { Node } from 'web-tree-sitter';
import { importRoots } from '../../source/import-roots.ts';
import { definitionsOf, importedNames, moduleOf, originOf } from '../../source/python.ts';
import { treeClass } from '../../source/settings-config.ts';
import type { Source, SourceFile } from '../../source/types.ts';

/** Classes of packages that hold a connection or a state; they say nothing about their values, in any release. */
const FOREIGN: Readonly<Record<string, string>> = {
  'sqlmodel.ext.asyncio.session.AsyncSession': 'sqlmodel.ext.asyncio.session.AsyncSession',
  'sqlalchemy.ext.asyncio.AsyncSession': 'sqlalchemy.ext.asyncio.session.AsyncSession',
  'sqlalchemy.ext.asyncio.session.AsyncSession': 'sqlalchemy.ext.asyncio.session.AsyncSession',
  'sqlalchemy.ext.asyncio.AsyncEngine': 'sqlalchemy.ext.asyncio.engine.AsyncEngine',
  'sqlalchemy.orm.Session': 'sqlalchemy.orm.session.Session',
  'sqlalchemy.orm.session.Session': 'sqlalchemy.orm.session.Session',
  'sqlmodel.Session': 'sqlmodel.orm.session.Session',
  'redis.asyncio.Redis': 'redis.asyncio.client.Redis',
  'asyncpg.Connection': 'asyncpg.connection.Connection',
};

/**
 * The type within an annotation that pydantic cannot check, as Python prints it: `<class 'src.schemas.Scale'>`. Looks through unions with None and
 * through collections. Undefined when every part may be fine.
 */
export function strangeType(annotation: Node | null, file: SourceFile, source: Source): string | undefined {
  for (const name of namesIn(annotation)) {
    const printed = printedIfStrange(name, file, source);
    if (printed !== undefined) return printed;
  }
  return undefined;
}

const LOOK_INTO = /^(?:typing\.)?(?:Optional|Union|list|List|set|Set|dict|Dict|Sequence)$/;

function namesIn(node: Node | null | undefined): readonly string[] {
  if (!node) return [];
  if (node.type === 'type') return namesIn(node.namedChild(0));
  if (node.type === 'identifier' || node.type === 'attribute') return [node.text];
  if (node.type === 'binary_operator') return [...namesIn(node.childForFieldName('left')), ...namesIn(node.childForFieldName('right'))];
  if (node.type === 'subscript') return LOOK_INTO.test(node.childForFieldName('value')?.text ?? '') ? node.childrenForFieldName('subscript').flatMap(namesIn) : [];
  if (node.type === 'generic_type') return LOOK_INTO.test(node.namedChild(0)?.text ?? '') ? (node.namedChild(1)?.namedChildren ?? []).flatMap(namesIn) : [];
  return [];
}

function printedIfStrange(name: string, file: SourceFile, source: Source): string | undefined {
  const local = definitionsOf(file).some((each) => each.name === name) || importedNames(file).has(name);
  if ((name === 'any' || name === 'callable') && !local) return `<built-in function ${name}>`;
  const origin = originOf(file, name);
  if (FOREIGN[origin] !== undefined) return `<class '${FOREIGN[origin]}'>`;
  const found = treeClass(source.files, file, origin);
  if (found === undefined || found.definition.bases.length > 0 || !isBare(found.definition.node)) return undefined;
  // The name could be bound a second time, to something else.
  if (definitionsOf(found.file).filter((each) => each.name === found.definition.name).length > 1) return undefined;
  return `<class '${moduleOf(found.file.path, importRoots(source.run)) ?? '__main__'}.${found.definition.name}'>`;
}

/** No decorator, no base, no metaclass, and none of the methods by which a class explains itself to pydantic. */
function isBare(node: Node): boolean {
  return node.parent?.type !== 'decorated_definition' && (node.childForFieldName('superclasses')?.namedChildCount ?? 0) === 0 && !/__get_pydantic_|__get_validators__|\btype_parameter\b/.test(node.text);
}
