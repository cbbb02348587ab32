/** Mapped classes as the code declares them: their tables, columns and relationships, and how one that nobody imports gets known. */
import type { Node } from 'web-tree-sitter';
import { importRoots } from '../../source/import-roots.ts';
import { targetFile } from '../../source/import-order.ts';
import { importName } from '../../source/edits.ts';
import { callsOf, definitionsOf, moduleOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { isServerCode } from './engines.ts';
import { fixOf } from './words.ts';

/** One assignment in a class body: a column, a relationship, anything. */
export interface Attribute {
  readonly name: string;
  readonly line: number;
  /** As written; empty when there is none. */
  readonly annotation: string;
  readonly node: Node;
  /** Offsets of the name. */
  readonly start: number;
  readonly end: number;
  /** The call on the right side. */
  readonly call?: Call;
}

export interface MappedClass {
  readonly file: SourceFile;
  readonly line: number;
  readonly name: string;
  readonly table: string;
  readonly schema?: string;
  /** A SQLModel class: columns are made with `Field`. */
  readonly sqlmodel: boolean;
  readonly attributes: readonly Attribute[];
  readonly node: Node;
}

const known = new WeakMap<Source, readonly MappedClass[]>();

/** Classes with a table of their own, in code that the server could load. */
export function mappedClasses(source: Source): readonly MappedClass[] {
  const before = known.get(source);
  if (before !== undefined) return before;
  const found = [...source.files.values()].filter((file) => isServerCode(file.path) && /__tablename__|table\s*=\s*True/.test(file.text)).flatMap(classesIn);
  known.set(source, found);
  return found;
}

function classesIn(file: SourceFile): readonly MappedClass[] {
  return definitionsOf(file).filter(({ kind }) => kind === 'class').flatMap((definition): readonly MappedClass[] => {
    const attributes = attributesOf(file, definition.node);
    const named = attributes.find(({ name }) => name === '__tablename__');
    const isTable = /\btable\s*=\s*True\b/.test(definition.node.childForFieldName('superclasses')?.text ?? '');
    if (named === undefined && !isTable) return [];
    const table = stringValue(named?.node.childForFieldName('right') ?? null) ?? definition.name.toLowerCase();
    const schema = /["']schema["']\s*:\s*["'](?<schema>\w+)["']/.exec(attributes.find(({ name }) => name === '__table_args__')?.node.text ?? '')?.groups?.['schema'];
    return [{ file, line: definition.line, name: definition.name, table, sqlmodel: isTable, attributes, node: definition.node, ...(schema === undefined ? {} : { schema }) }];
  });
}

/** Assignments in a class body, in order. */
export function attributesOf(file: SourceFile, node: Node): readonly Attribute[] {
  const body = node.childForFieldName('body')?.namedChildren ?? [];
  return body.flatMap((statement): readonly Attribute[] => {
    const assignment = statement?.type === 'expression_statement' ? statement.namedChild(0) : null;
    const left = assignment?.type === 'assignment' ? assignment.childForFieldName('left') : null;
    if (!assignment || left?.type !== 'identifier') return [];
    const right = assignment.childForFieldName('right');
    const call = right?.type === 'call' ? callsOf(file).find((each) => each.start === right.startIndex && each.end === right.endIndex) : undefined;
    return [{
      name: left.text, line: left.startPosition.row + 1, annotation: assignment.childForFieldName('type')?.text ?? '', node: assignment, start: left.startIndex, end: left.endIndex,
      ...(call === undefined ? {} : { call }),
    }];
  });
}

export function isRelationship({ call }: Attribute): boolean {
  return call !== undefined && /(?:^|\.)(?:relationship|Relationship)$/.test(call.written);
}

/** What is stored as JSON, by the name of its Python type. */
const AS_JSON = /^(?:typing\.)?(?:dict|Dict|list|List|set|Set|tuple|Tuple|Any|Mapping|Sequence)\b/;

/** Of a SQLModel table: a type for which no column is chosen, and none is named. */
export function isUnstorable(attribute: Attribute): boolean {
  const inner = attribute.annotation.replace(/^(?:typing\.)?Optional\[/, '').replace(/^(?:typing\.)?Annotated\[/, '');
  return AS_JSON.test(inner) && !isRelationship(attribute) && !/sa_column\s*=|sa_type\s*=/.test(attribute.node.text) && !/^__|^model_config$/.test(attribute.name) && !/ClassVar/.test(attribute.annotation);
}

/** The class that a relationship leads to, as written: `Mapped[list["Tag"]]`, `relationship("Tag")`. */
export function targetOf(attribute: Attribute): string | undefined {
  const given = attribute.call?.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'argument'));
  const written = given === undefined ? undefined : stringValue(given.valueNode) ?? given.value;
  if (written !== undefined && /^[\w.]+$/.test(written)) return written.split('.').at(-1);
  return [...attribute.annotation.matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name).findLast((name) => !/^(?:Mapped|DynamicMapped|WriteOnlyMapped|Optional|List|list|Set|set|Sequence|Union|None|typing)$/.test(name));
}

/** Columns with a foreign key, as `table.column`. */
export function foreignKeysOf(model: MappedClass): readonly { readonly attribute: Attribute; readonly target: string }[] {
  return model.attributes.flatMap((attribute) => {
    const target = /(?:ForeignKey\(\s*|foreign_key\s*=\s*)["'](?<target>[\w.]+)["']/.exec(attribute.node.text)?.groups?.['target'];
    return target === undefined ? [] : [{ attribute, target }];
  });
}

export function primaryKeyOf(model: MappedClass): string | undefined {
  return model.attributes.find(({ node }) => /primary_key\s*=\s*True/.test(node.text))?.name;
}

/** The module of a file of the tree. */
export function moduleOfFile(source: Source, file: SourceFile): string | undefined {
  return moduleOf(file.path, importRoots(source.run));
}

/**
 * Imports a model so that its class and table are known before they are asked for: beside the other models where their package lists them,
 * else where the server starts.
 */
export function registered(source: Source, model: MappedClass): readonly Fix[] {
  const module = moduleOfFile(source, model.file);
  const folder = model.file.path.includes('/') ? model.file.path.slice(0, model.file.path.lastIndexOf('/')) : '';
  const listing = source.files.get(`${folder}/__init__.py`);
  const start = source.files.get(targetFile(source) ?? '');
  const places = [listing !== undefined && /^\s*from\s/m.test(listing.text) ? listing : undefined, start].filter((file) => file !== undefined && file.path !== model.file.path);
  return module === undefined ? [] : [...new Set(places)].flatMap((file) => (file === undefined ? [] : fixOf({
    title: `Import ${model.name} in ${file.path}`, safety: 'safe', edits: importName(file, module, model.name),
    explanation: `A class and its table are known only once their module was imported. ${model.file.path} defines ${model.name}, and nothing imported it before.`,
  })));
}
