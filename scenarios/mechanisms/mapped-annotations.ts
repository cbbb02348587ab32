/** Annotations of mapped attributes, as SQLAlchemy 2 wants to read them. */
import { importName, inSequence } from '../../source/edits.ts';
import { definitionsOf, importedNames } from '../../source/python.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { isServerCode } from './engines.ts';
import { attributesOf, isRelationship, mappedClasses } from './models.ts';
import type { Attribute } from './models.ts';
import { fixOf, list } from './words.ts';

/** What makes a mapped attribute by being called. */
const MAPPED_CALL = /(?:^|\.)(?:mapped_column|relationship|deferred|column_property|composite|synonym)$/;
/** Types for which SQLAlchemy chooses the column itself, alone or optional. */
const SIMPLE = /^(?:Optional\[)?(?:datetime\.)?(?:int|str|float|bool|bytes|datetime|date|time|timedelta|Decimal|UUID|uuid\.UUID|decimal\.Decimal)\]?(?:\s*\|\s*None)?$/;
/** Collections that a JSON column takes. Sets and tuples would come back as lists. */
const COLLECTION = /^Mapped\[\s*(?:typing\.)?(?:Optional\[\s*)?(?:typing\.)?(?:dict|Dict|list|List)\b/;

/** An annotated attribute of a class that may be mapped, mixins included. */
export interface Place {
  readonly file: SourceFile;
  readonly owner: string;
  readonly attribute: Attribute;
  /** Lines of the class. */
  readonly from: number;
  readonly to: number;
}

/** Every annotated attribute of a class in code that the server could load. */
export function placesOf(source: Source): readonly Place[] {
  const files = [...source.files.values()].filter((file) => isServerCode(file.path) && /\b(?:mapped_column|relationship|Mapped|DeclarativeBase|declarative_base|__tablename__)\b/.test(file.text));
  return files.flatMap((file) => definitionsOf(file).filter((each) => each.kind === 'class' && !each.node.text.includes('__allow_unmapped__')).flatMap(({ name, node, line }) =>
    attributesOf(file, node).filter(({ annotation }) => annotation !== '').map((attribute) => ({ file, owner: name, attribute, from: line, to: node.endPosition.row + 1 }))));
}

/** `name: str = mapped_column(…)` → `name: Mapped[str] = mapped_column(…)`, in all classes at once; attributes without a call in classes with a table. */
export function asMapped(named: Place, source: Source): readonly Fix[] {
  const tables = mappedClasses(source).filter(({ sqlmodel }) => !sqlmodel);
  const wanted = placesOf(source).filter((each) => isUnmapped(each) && (isMapped(each) || (isBare(each) && tables.some(({ file, name }) => file === each.file && name === each.owner))));
  if (!wanted.some(({ attribute, file }) => file === named.file && attribute.start === named.attribute.start)) return [];
  const edits = [...new Set(wanted.map(({ file }) => file))].flatMap((file) => inSequence(
    file,
    () => wanted.filter((each) => each.file === file).flatMap(({ attribute }): readonly Edit[] => {
      const type = attribute.node.childForFieldName('type');
      return type === null ? [] : [{ file: file.path, old: type.text, new: `Mapped[${type.text}]`, at: type.startIndex }];
    }),
    (now) => importName(now, 'sqlalchemy.orm', 'Mapped'),
  ));
  return fixOf({
    title: `Annotate ${some(wanted)} as Mapped`, safety: 'likely', edits,
    explanation: 'Mapped[…] around the type says that the attribute is mapped. Where its call does not say whether the column takes NULL, the type does.',
  });
}

/** Neither mapped nor said to be no column. */
export function isUnmapped({ attribute }: Place): boolean {
  return !/\b(?:Mapped|DynamicMapped|WriteOnlyMapped|AssociationProxy|ClassVar|InitVar)\b/.test(attribute.annotation) && !attribute.name.startsWith('__');
}

/** The call on its right side makes it a mapped attribute. */
export function isMapped({ attribute: { call } }: Place): boolean {
  return call !== undefined && MAPPED_CALL.test(call.callee);
}

/** `name: str` alone. */
function isBare({ attribute }: Place): boolean {
  return attribute.node.childForFieldName('right') === null && SIMPLE.test(attribute.annotation);
}

/** `data: Mapped[dict]` → `data: Mapped[dict] = mapped_column(JSON)`, for all such attributes, unless the tree has a table of types of its own. */
export function asJson(named: Place, source: Source): readonly Fix[] {
  const chooses = [...source.files.values()].some(({ text }) => text.includes('type_annotation_map'));
  const models = new Set(mappedClasses(source).map(({ name }) => name));
  const same = (each: Place): boolean => each.file === named.file && each.attribute.start === named.attribute.start;
  const wanted = placesOf(source).filter((each) => isUnstored(each, models) && (same(each) || !chooses));
  if (!wanted.some(same)) return [];
  const files = [...new Set(wanted.map(({ file }) => file))];
  if (files.some((file) => !/(?:^|\.)JSON$/.test(importedNames(file).get('JSON') ?? 'JSON') || definitionsOf(file).some(({ name, kind: what }) => name === 'JSON' && what !== 'import'))) return [];
  const edits = files.flatMap((file) => inSequence(
    file,
    () => wanted.filter((each) => each.file === file).flatMap(({ attribute }) => typed(file, attribute)),
    (now) => (importedNames(now).has('JSON') ? [] : importName(now, 'sqlalchemy', 'JSON')),
    (now) => (/\bmapped_column\(/.test(file.text) ? [] : importName(now, 'sqlalchemy.orm', 'mapped_column')),
  ));
  return fixOf({
    title: `Store ${some(wanted)} as JSON`, safety: 'likely', edits,
    explanation: 'A JSON column holds what the attribute holds. An existing database needs a migration for the column, and a change inside the value is stored only when the value is set anew.',
  });
}

/** A dict or list for which no column type is written, and whose items are no mapped class. */
function isUnstored({ attribute }: Place, models: ReadonlySet<string>): boolean {
  const right = attribute.node.childForFieldName('right');
  if (!COLLECTION.test(attribute.annotation) || isRelationship(attribute) || [...attribute.annotation.matchAll(/\w+/g)].some(([word]) => models.has(word))) return false;
  if (right === null) return true;
  const { call } = attribute;
  return call !== undefined && /(?:^|\.)mapped_column$/.test(call.callee) && call.arguments.every(({ name, splat, valueNode }) => !splat && (name === undefined ? stringValue(valueNode) !== undefined : name !== 'type_'));
}

/** A name of the column stands before its type. */
function typed(file: SourceFile, { node, call }: Attribute): readonly Edit[] {
  if (call === undefined) return [{ file: file.path, old: '', new: ' = mapped_column(JSON)', at: node.endIndex }];
  const first = call.arguments.find(({ name }) => name === undefined);
  if (first !== undefined) return [{ file: file.path, old: '', new: ', JSON', at: first.end }];
  return [{ file: file.path, old: '', new: call.arguments.length === 0 ? 'JSON' : 'JSON, ', at: call.argumentsSpan.start + 1 }];
}

function some(places: readonly Place[]): string {
  const names = places.map(({ owner, attribute }) => `${owner}.${attribute.name}`);
  return names.length < 5 ? list(names) : `${names.slice(0, 3).join(', ')} and ${String(names.length - 3)} more attributes`;
}
