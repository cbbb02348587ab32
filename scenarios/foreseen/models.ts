/** Mapped classes that SQLAlchemy would refuse: tables without a key, keys that lead nowhere, relationships without a way. */
import type { Source } from '../../source/types.ts';
import { attributesOf, foreignKeysOf, isRelationship, isUnstorable, mappedClasses, primaryKeyOf, targetOf } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { definitionsOf } from '../../source/python.ts';
import { nodesOf } from '../../source/syntax.ts';
import { fileOfModule } from '../mechanisms/apps.ts';
import { loadedFiles, loadedImports, orderOf } from '../mechanisms/reach.ts';
import { exceptionFault, packageFrame, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight, Raised } from './fault.ts';

export const foreseeModels: Foresight = (source) => {
  // A class counts as known when any way of loading brings it; a fault needs one that every start takes.
  const reached = new Set(orderOf(source)?.files ?? loadedFiles(source));
  const known = mappedClasses(source).filter(({ file }) => reached.has(file.path));
  const models = known.filter(({ file }) => loadedFiles(source).has(file.path));
  // What mixins, reflection or Table() add, the classes do not say.
  if (models.length === 0 || [...source.files.values()].some(({ path, text }) => path.endsWith('.py') && /\bTable\(|\breflect\b|automap_base|AbstractConcreteBase/.test(text))) return [];
  return [
    ...models.flatMap((model) => [...reserved(model, source), ...withoutKey(model, source), ...unstorable(model, source)]), ...loadedTwice(models, source),
    ...definedTwice(models, source), ...keysToNowhere(models, known, source), ...relationships(models, known, source),
  ];
};

function fault(model: MappedClass, line: number, type: string, message: string, source: Source, stage: ForeseenFault['stage'], during: Raised['during'] = 'start'): ForeseenFault {
  return { stage, fault: exceptionFault({ during, type: `sqlalchemy.exc.${type}`, message, frames: [treeFrame(source, model.file.path, line), packageFrame('sqlalchemy/orm/decl_api.py', '__init__')] }) };
}

function reserved(model: MappedClass, source: Source): readonly ForeseenFault[] {
  return model.attributes.filter(({ name, call, annotation }) => name === 'metadata' && (call !== undefined || annotation !== ''))
    .map(() => fault(model, model.line, 'InvalidRequestError', "Attribute name 'metadata' is reserved when using the Declarative API.", source, 'import'));
}

/** A field of a SQLModel table whose type has no column. */
function unstorable(model: MappedClass, source: Source): readonly ForeseenFault[] {
  const field = model.sqlmodel ? model.attributes.find(isUnstorable) : undefined;
  if (field === undefined) return [];
  const type = /\b(?<type>dict|list|set|tuple)\b/i.exec(field.annotation)?.groups?.['type']?.toLowerCase() ?? 'dict';
  return [{ stage: 'import', fault: exceptionFault({ type: 'ValueError', message: `<class '${type}'> has no matching SQLAlchemy type`, frames: [treeFrame(source, model.file.path, model.line), packageFrame('sqlmodel/main.py', 'get_sqlalchemy_type')] }) }];
}

/** One file under two module names makes its tables twice. */
function loadedTwice(models: readonly MappedClass[], source: Source): readonly ForeseenFault[] {
  const names = new Map<string, Set<string>>();
  for (const module of new Set(loadedImports(source).map((statement) => statement.module))) {
    const file = fileOfModule(module, source);
    if (file !== undefined) names.set(file.path, (names.get(file.path) ?? new Set()).add(module));
  }
  const twice = [...names].filter(([, modules]) => modules.size > 1).map(([path]) => path);
  return twice.flatMap((path) => models.filter((model) => model.file.path === path && !/extend_existing/.test(model.node.text)).slice(0, 1))
    .map((model) => fault(model, model.line, 'InvalidRequestError', `Table '${model.table}' is already defined for this MetaData instance.  Specify 'extend_existing=True' to redefine options and columns on an existing Table object.`, source, 'import'));
}

/** Only where every base is known to bring no column: the declarative base itself, or SQLModel. */
function withoutKey(model: MappedClass, source: Source): readonly ForeseenFault[] {
  const bases = model.node.childForFieldName('superclasses')?.namedChildren.flatMap((child) => (child === null || child.type === 'keyword_argument' ? [] : [child.text])) ?? [];
  const plain = bases.every((base) => /^(?:sqlmodel\.)?SQLModel$/.test(base) || isBareBase(base, source));
  if (!plain || bases.length === 0 || primaryKeyOf(model) !== undefined || /primary_key|PrimaryKeyConstraint|__mapper_args__/.test(model.node.text)) return [];
  return [fault(model, model.line, 'ArgumentError', `Mapper Mapper[${model.name}(${model.table})] could not assemble any primary key columns for mapped table '${model.table}'`, source, 'import')];
}

/** `class Base(DeclarativeBase): pass`, `Base = declarative_base()` */
function isBareBase(name: string, source: Source): boolean {
  return [...source.files.values()].some((file) => file.path.endsWith('.py') && file.text.includes(name) && definitionsOf(file).some((definition) => {
    if (definition.name !== name || definition.kind === 'import') return false;
    if (definition.kind === 'value') return /declarative_base\(\s*\)/.test(definition.node.text);
    return definition.kind === 'class' && definition.bases.every((base) => /(?:DeclarativeBase|AsyncAttrs)$/.test(base)) && attributesOf(file, definition.node).length === 0;
  }));
}

function definedTwice(models: readonly MappedClass[], source: Source): readonly ForeseenFault[] {
  return models.filter((model, at) => models.some((other, before) => before < at && other.table === model.table && other.schema === model.schema && other.sqlmodel === model.sqlmodel && other.file === model.file) && !/extend_existing/.test(model.node.text))
    .map((model) => fault(model, model.line, 'InvalidRequestError', `Table '${model.table}' is already defined for this MetaData instance.  Specify 'extend_existing=True' to redefine options and columns on an existing Table object.`, source, 'import'));
}

/** Tables are put in order when they are made, else when the first request writes. */
function keysToNowhere(models: readonly MappedClass[], known: readonly MappedClass[], source: Source): readonly ForeseenFault[] {
  const when = makesTables(source) ? 'start' : 'request';
  return models.flatMap((model) => foreignKeysOf(model).flatMap(({ attribute, target }): readonly ForeseenFault[] => {
    const [column = '', table = '', schema] = target.split('.').toReversed();
    const found = known.filter((other) => other.table === table && (schema === undefined || other.schema === schema));
    const name = schema === undefined ? table : `${schema}.${table}`;
    if (table === '' || (schema === undefined && model.schema !== undefined)) return [];
    // A class that is not imported is missed twice; the relationship to it says so first.
    if (found.length === 0 && model.attributes.some((each) => isRelationship(each) && targetOf(each) !== undefined && !known.some((other) => other.name === targetOf(each)))) return [];
    if (found.length === 0) return [fault(model, attribute.line, 'NoReferencedTableError', `Foreign key associated with column '${model.table}.${attribute.name}' could not find table '${name}' with which to generate a foreign key to target column '${column}'`, source, 'lifespan', when)];
    const has = found.some((other) => hasColumn(other, column) || !isWhole(other, source));
    return has ? [] : [fault(model, attribute.line, 'NoReferencedColumnError', `Could not initialize target column for ForeignKey '${target}' on table '${model.table}': table '${name}' has no column named '${column}'`, source, 'lifespan', when)];
  }));
}

/** A loaded file calls `create_all`, in a function only when something calls that. */
function makesTables(source: Source): boolean {
  const files = [...loadedFiles(source)].flatMap((path) => source.files.get(path) ?? []);
  const calls = files.filter(({ text }) => /\bcreate_all\b/.test(text)).flatMap((file) => [...file.text.matchAll(/\bcreate_all\b/g)].map((match) => nodesOf(file, 'function_definition').findLast((node) => node.startIndex < match.index && match.index < node.endIndex)?.childForFieldName('name')?.text));
  return calls.some((holder) => holder === undefined || files.some(({ text }) => new RegExp(`(?<!def )\\b${holder}\\b(?=[(,)\\]])`).test(text)));
}

function hasColumn(model: MappedClass, column: string): boolean {
  return model.attributes.some(({ name, node }) => name === column || new RegExp(`["']${column}["']`).test(node.text));
}

/** Every column stands in the class itself. */
function isWhole(model: MappedClass, source: Source): boolean {
  const bases = model.node.childForFieldName('superclasses')?.namedChildren.flatMap((child) => (child === null || child.type === 'keyword_argument' ? [] : [child.text])) ?? [];
  return bases.every((base) => /^(?:sqlmodel\.)?SQLModel$/.test(base) || isBareBase(base, source));
}

function relationships(models: readonly MappedClass[], known: readonly MappedClass[], source: Source): readonly ForeseenFault[] {
  // Both ends of one way fail alike, and the first to be configured says it.
  const pairs = new Set<string>();
  return models.flatMap((holder) => holder.attributes.filter(isRelationship).flatMap((attribute): readonly ForeseenFault[] => {
    const target = targetOf(attribute);
    if (target === undefined) return [];
    const found = known.filter(({ name }) => name === target);
    if (found.length === 0) return isLoaded(target, source) ? [] : [fault(holder, attribute.line, 'InvalidRequestError', `When initializing mapper Mapper[${holder.name}(${holder.table})], expression '${target}' failed to locate a name ('${target}'). If this is a class name, consider adding this relationship() to the class after both dependent classes have been defined.`, source, 'lifespan')];
    const [other] = found;
    if (found.length > 1 && other !== undefined && found.every(({ sqlmodel }) => sqlmodel === other.sqlmodel) && isByName(attribute, target)) {
      return [fault(holder, attribute.line, 'InvalidRequestError', `Multiple classes found for path "${target}" in the registry of this declarative base. Please use a fully module-qualified path.`, source, 'lifespan')];
    }
    if (other === undefined || found.length > 1) return [];
    const pair = [holder.name, other.name].toSorted().join(' ');
    const noWay = withoutWay(holder, attribute, other, source).filter(() => !pairs.has(pair));
    if (noWay.length > 0) pairs.add(pair);
    return [...noWay, ...withoutCounterpart(attribute, other, source)];
  }));
}

/** Named as text, without its module: the registry is asked. */
function isByName(attribute: Attribute, target: string): boolean {
  return new RegExp(`["'\\[\\s]${target}["'\\]\\s]`).test(`${attribute.annotation} ${attribute.call?.arguments[0]?.value ?? ''}`) && /["']/.test(`${attribute.annotation}${attribute.call?.arguments[0]?.value ?? ''}`) && !attribute.node.text.includes(`.${target}`);
}

/** As a class of another kind: a mixin, an abstract base. */
function isLoaded(name: string, source: Source): boolean {
  const reached = orderOf(source)?.files ?? [...source.files.keys()];
  return reached.flatMap((path) => source.files.get(path) ?? []).some((file) => new RegExp(`\\bclass\\s+${name}\\b`).test(file.text));
}

function withoutWay(holder: MappedClass, attribute: Attribute, other: MappedClass, source: Source): readonly ForeseenFault[] {
  if (!isWhole(holder, source) || !isWhole(other, source) || /foreign_keys|primaryjoin|secondary|link_model/.test(attribute.node.text)) return [];
  const ways = [...foreignKeysOf(holder).filter(({ target }) => target.split('.').at(-2) === other.table), ...(holder === other ? [] : foreignKeysOf(other).filter(({ target }) => target.split('.').at(-2) === holder.table))];
  const start = `Could not determine join condition between parent/child tables on relationship ${holder.name}.${attribute.name} - there are `;
  if (ways.length === 0) return [fault(holder, attribute.line, 'NoForeignKeysError', `${start}no foreign keys linking these tables.`, source, 'lifespan')];
  return ways.length === 1 ? [] : [fault(holder, attribute.line, 'AmbiguousForeignKeysError', `${start}multiple foreign key paths linking the tables.`, source, 'lifespan')];
}

function withoutCounterpart(attribute: Attribute, other: MappedClass, source: Source): readonly ForeseenFault[] {
  const back = /back_populates\s*=\s*["'](?<back>\w+)["']/.exec(attribute.node.text)?.groups?.['back'];
  if (back === undefined || other.attributes.some(({ name }) => name === back) || !isWhole(other, source) || /\bbackref\b/.test(other.node.text)) return [];
  return [fault(other, attribute.line, 'InvalidRequestError', `Mapper 'Mapper[${other.name}(${other.table})]' has no property '${back}'.`, source, 'lifespan')];
}
