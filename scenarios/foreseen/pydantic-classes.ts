/** Models that pydantic 2 refuses while their class is made, and dataclasses with a default that all their objects would share. */
import type { Node } from 'web-tree-sitter';
import { isOpenEnded } from '../../source/import-order.ts';
import { importNodes } from '../../source/imports.ts';
import { callsOf, definitionsOf, originOf } from '../../source/python.ts';
import { stringValue } from '../../source/syntax.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { isUnconditional } from '../mechanisms/certain-code.ts';
import { ancestorsOf, classesOf, fieldsOf, resolvedBases } from '../mechanisms/class-bodies.ts';
import type { ClassBody, Field } from '../mechanisms/class-bodies.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { strangeType } from '../mechanisms/strange-types.ts';
import { exceptionFault, packageFrame, treeFrame, versionOf } from './fault.ts';
import type { ForeseenFault, Foresight, Raised } from './fault.ts';
import { BUILTINS, KEYWORDS } from './python-words.ts';

export const foreseePydanticClasses: Foresight = (source, index) => [...loadedFiles(source)].flatMap((path) => {
  const file = source.files.get(path);
  return file === undefined || !path.endsWith('.py') ? [] : [...mutableDefaults(file, source), ...models(file, source, index)];
});

function models(file: SourceFile, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  if ((versionOf(index, 'pydantic')?.[0] ?? 0) < 2 || !/\bclass\s+\w+\s*\(/.test(file.text)) return [];
  return certainClasses(file).flatMap((body) => {
    const model = modelOf(body, source);
    return model === undefined ? [] : [...bothConfigs(body, source), ...rootField(body, source), ...withoutType(body, model, source), ...rootValidators(body, source), ...strayValidators(body, model, source), ...strangeFields(body, source), ...incomplete(body, source)].slice(0, 1);
  });
}

/** Classes that are made whenever the module loads. */
function certainClasses(file: SourceFile): readonly ClassBody[] {
  return classesOf(file).filter(({ node }) => (node.parent?.type === 'decorated_definition' ? node.parent : node).parent?.type === 'module');
}

interface ModelFields {
  readonly own: ReadonlySet<string>;
  readonly inherited: ReadonlySet<string>;
  /** Every base is known to the last field. */
  readonly closed: boolean;
}

/** Fields of a class below BaseModel; undefined for any other class. */
function modelOf(body: ClassBody, source: Source): ModelFields | undefined {
  const above = ancestorsOf(body, source);
  const bases = [body, ...above].flatMap((each) => resolvedBases(each, source));
  if (!bases.some(({ origin }) => PYDANTIC.test(origin))) return undefined;
  const closed = bases.every(({ origin, body: known }) => known !== undefined || PYDANTIC.test(origin) || /^(?:typing\.|abc\.ABC$)/.test(origin));
  return { own: new Set(annotated(body)), inherited: new Set(above.flatMap(annotated)), closed };
}

const PYDANTIC = /^pydantic(?:\.main)?\.BaseModel$|^pydantic_settings(?:\.main)?\.BaseSettings$/;

/** Fields of the class's own body, wherever in it they stand. */
function annotated(body: ClassBody): readonly string[] {
  return fieldsOf(body).flatMap(({ name, annotation }) => (annotation === undefined || /ClassVar/.test(annotation) ? [] : [name]));
}

function refused(body: ClassBody, source: Source, message: string, line = body.line, type = 'pydantic.errors.PydanticUserError'): ForeseenFault {
  const raised: Raised = { type, message, frames: [treeFrame(source, body.file.path, line), packageFrame('pydantic/_internal/_model_construction.py', '__new__')] };
  return { stage: 'import', fault: exceptionFault(raised) };
}

function bothConfigs(body: ClassBody, source: Source): readonly ForeseenFault[] {
  const inner = body.node.childForFieldName('body')?.namedChildren.some((each) => each?.type === 'class_definition' && each.childForFieldName('name')?.text === 'Config');
  return inner === true && fieldsOf(body).some(({ name }) => name === 'model_config') ? [refused(body, source, '"Config" and "model_config" cannot be used together')] : [];
}

function rootField(body: ClassBody, source: Source): readonly ForeseenFault[] {
  return fieldsOf(body).some(({ name, annotation }) => name === '__root__' && annotation !== undefined) ? [refused(body, source, "To define root models, use `pydantic.RootModel` rather than a field called '__root__'")] : [];
}

/** `limit = 10` and `unit = "km"` over an inherited field; functions, descriptors and private names may stand there without a type. */
function withoutType(body: ClassBody, model: ModelFields, source: Source): readonly ForeseenFault[] {
  if (/ignored_types/.test(body.file.text)) return [];
  const odd = fieldsOf(body).find(({ name, annotation, value }) => annotation === undefined && !/^_|^model_config$/.test(name) && !model.own.has(name) && isPlain(value, body.file));
  if (odd === undefined) return [];
  if (model.inherited.has(odd.name)) return [refused(body, source, `Field '${odd.name}' defined on a base class was overridden by a non-annotated attribute. All field definitions, including overrides, require a type annotation.`)];
  return model.closed ? [refused(body, source, `A non-annotated attribute was detected: \`${odd.name} = ${odd.value?.text ?? ''}\`. All model fields require a type annotation`)] : [];
}

/** A literal, or a name that the same module gives one. */
function isPlain(value: Node | undefined, file: SourceFile, depth = 0): boolean {
  if (value === undefined || depth > 2) return false;
  if (value.type !== 'identifier') return /^(?:integer|float|string|concatenated_string|true|false|none|list|dictionary|set|tuple|unary_operator)$/.test(value.type);
  const named = definitionsOf(file).filter(({ name }) => name === value.text);
  return named.length === 1 && named[0]?.kind === 'value' && isPlain(named[0].node.childForFieldName('right') ?? undefined, file, depth + 1);
}

interface Decorated {
  readonly decorator: Node;
  /** Dotted origin of what decorates. */
  readonly origin: string;
  readonly call?: Node;
  readonly method: string;
}

function decoratedMethods(body: ClassBody): readonly Decorated[] {
  return (body.node.childForFieldName('body')?.namedChildren ?? []).flatMap((each) => (each?.type === 'decorated_definition' ? each.namedChildren : []).flatMap((decorator): readonly Decorated[] => {
    const inner = decorator?.type === 'decorator' ? decorator.namedChild(0) : null;
    const call = inner?.type === 'call' ? inner : undefined;
    const written = (call?.childForFieldName('function') ?? inner)?.text;
    if (!decorator || written === undefined) return [];
    return [{ decorator, origin: originOf(body.file, written), method: each?.childForFieldName('definition')?.childForFieldName('name')?.text ?? '', ...(call === undefined ? {} : { call }) }];
  }));
}

function rootValidators(body: ClassBody, source: Source): readonly ForeseenFault[] {
  const bare = decoratedMethods(body).find(({ origin, call }) => /^pydantic(?:\.\w+)*\.root_validator$/.test(origin) && !/skip_on_failure\s*=|\bpre\s*=\s*(?!False)|\*\*/.test(call?.childForFieldName('arguments')?.text ?? ''));
  return bare === undefined ? [] : [refused(body, source, 'If you use `@root_validator` with pre=False (the default) you MUST specify `skip_on_failure=True`. Note that `@root_validator` is deprecated and should be replaced with `@model_validator`.', bare.decorator.startPosition.row + 1)];
}

function strayValidators(body: ClassBody, model: ModelFields, source: Source): readonly ForeseenFault[] {
  if (!model.closed) return [];
  const stray = decoratedMethods(body).find(({ origin, call }) => {
    if (!/^pydantic(?:\.\w+)*\.(?:validator|field_validator|field_serializer)$/.test(origin) || call === undefined) return false;
    const given = call.childForFieldName('arguments')?.namedChildren ?? [];
    if (given.some((each) => each?.type.endsWith('splat') || (each?.type === 'keyword_argument' && each.childForFieldName('name')?.text === 'check_fields'))) return false;
    return given.some((each) => { const name = each?.type === 'string' ? stringValue(each) : undefined; return name !== undefined && name !== '*' && !model.own.has(name) && !model.inherited.has(name); });
  });
  return stray === undefined ? [] : [refused(body, source, `Decorators defined with incorrect fields: ${body.name}:0.${stray.method} (use check_fields=False if you're inheriting from the model and intended this)`)];
}

function strangeFields(body: ClassBody, source: Source): readonly ForeseenFault[] {
  if (allowsAnything(source)) return [];
  const odd = fieldsOf(body).flatMap(({ name, annotation, node }) => (annotation === undefined || name.startsWith('_') ? [] : [strangeType(node.childForFieldName('type'), body.file, source)])).find((found) => found !== undefined);
  return odd === undefined ? [] : [refused(body, source, `Unable to generate pydantic-core schema for ${odd}. Set \`arbitrary_types_allowed=True\` in the model_config to ignore this error or implement \`__get_pydantic_core_schema__\` on your type to fully support it.`, body.line, 'pydantic.errors.PydanticSchemaGenerationError')];
}

const allowing = new WeakMap<Source, boolean>();

/** An inherited configuration may allow any type, and so may one that is put together elsewhere. */
function allowsAnything(source: Source): boolean {
  const before = allowing.get(source) ?? [...source.files.values()].some(({ path, text }) => path.endsWith('.py') && text.includes('arbitrary_types_allowed'));
  allowing.set(source, before);
  return before;
}

/** A model that is made while modules load, with a field whose type nothing brings, or only a type checker sees. */
function incomplete(body: ClassBody, source: Source): readonly ForeseenFault[] {
  const { file } = body;
  if (isOpenEnded(file) || /model_rebuild|defer_build/.test(file.text)) return [];
  const made = callsOf(file).find((call) => call.written === body.name && call.scope === '' && call.start > body.node.endIndex && isUnconditional(call.node));
  if (made === undefined) return [];
  const imported = (now: boolean): Set<string> => new Set(importNodes(file).filter(({ eager }) => eager === now).flatMap(({ names }) => names.map(({ name, alias }) => alias ?? name)));
  // A name may be imported both for type checkers and at run time.
  const hidden = imported(false).difference(imported(true));
  const bound = new Set([...BUILTINS, ...KEYWORDS, ...definitionsOf(file).filter(({ name, kind, start }) => start < made.start && (kind !== 'import' || !hidden.has(name))).map(({ name }) => name), ...(body.node.childForFieldName('type_parameters')?.text.match(/\w+/g) ?? [])]);
  const missing = fieldsOf(body).flatMap(({ name, annotation }) => (annotation === undefined || name.startsWith('_') || /Literal|ClassVar|Annotated/.test(annotation) ? [] : [...annotation.matchAll(/(?<![\w.])[A-Za-z_]\w*/g)].map(([word]) => word))).find((word) => !bound.has(word));
  return missing === undefined ? [] : [refused(body, source, `\`${body.name}\` is not fully defined; you should define \`${missing}\`, then call \`${body.name}.model_rebuild()\`.`, made.line)];
}

const MUTABLE: Readonly<Record<string, string>> = { list: 'list', list_comprehension: 'list', dictionary: 'dict', dictionary_comprehension: 'dict', set: 'set', set_comprehension: 'set' };

function mutableDefaults(file: SourceFile, source: Source): readonly ForeseenFault[] {
  if (!/\bdataclass\b/.test(file.text)) return [];
  return certainClasses(file).flatMap((body): readonly ForeseenFault[] => {
    const holder = body.node.parent?.type === 'decorated_definition' ? body.node.parent : undefined;
    const decorator = holder?.namedChildren.find((each) => each?.type === 'decorator' && originOf(file, each.text.slice(1).replace(/\([\s\S]*$/, '')) === 'dataclasses.dataclass');
    const odd = decorator === undefined ? undefined : fieldsOf(body).find(isMutable);
    if (!decorator || odd === undefined) return [];
    const raised: Raised = { type: 'ValueError', message: `mutable default <class '${MUTABLE[odd.value?.type ?? ''] ?? 'list'}'> for field ${odd.name} is not allowed: use default_factory`, frames: [treeFrame(source, file.path, decorator.startPosition.row + 1), { file: '/usr/lib/python3/dataclasses.py', line: 1, function: '_get_field', owner: 'stdlib' }] };
    return [{ stage: 'import', fault: exceptionFault(raised) }];
  });
}

function isMutable({ annotation, value }: Field): boolean {
  return annotation !== undefined && !/ClassVar/.test(annotation) && MUTABLE[value?.type ?? ''] !== undefined;
}
