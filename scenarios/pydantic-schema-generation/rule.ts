import { importName, inSequence, setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import { lineStart } from '../../source/splice.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { fieldsOf, insertion } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-schema-generation';

/** ``Unable to generate pydantic-core schema for <built-in function any>. Set `arbitrary_types_allowed=True` in the model_config …`` */
const UNABLE = /^Unable to generate pydantic-core schema for (?<type>.{1,300}?)\. Set `arbitrary_types_allowed=True`/s;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A field of a pydantic model has a type that pydantic cannot check.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticSchemaGenerationError'], UNABLE).map((at) => {
    const type = (/['\s](?<name>[\w.]+)'?>$/.exec(at.seen.match?.groups?.['type'] ?? '')?.groups?.['name'] ?? 'the type').split('.').at(-1) ?? 'the type';
    return refusal(kind, at, {
      facts: { type, file: at.file, model: at.model?.name ?? '' },
      what: `${at.model?.name ?? 'A model'} in ${at.file} has a field of the type ${type}, which pydantic cannot check.`,
      why: type === 'any' ? 'any is a function of Python; the type that accepts everything is typing.Any.' : `${type} is a class of its own that tells pydantic nothing about its values.`,
      todo: type === 'any' ? 'Write Any instead of any.' : `Allow arbitrary types in the configuration of ${at.model?.name ?? 'the model'}, or give the field a type that pydantic knows.`,
      candidates: at.model === undefined ? [] : [...builtin(at.model), ...allowed(at.model)],
    });
  }),
};

/** `any` and `callable` are functions; the types are written with a capital. */
function builtin(model: ClassBody): readonly Fix[] {
  const wrong = fieldsOf(model).flatMap(({ node }) => (node.childForFieldName('type')?.descendantsOfType('identifier') ?? []).filter((each) => each !== null && ['any', 'callable'].includes(each.text)));
  if (wrong.length === 0) return [];
  const names = [...new Set(wrong.map((each) => (each?.text === 'any' ? 'Any' : 'Callable')))];
  const change = (file: SourceFile): readonly Edit[] => wrong.flatMap((each) => (each === null ? [] : [{ file: file.path, old: each.text, new: each.text === 'any' ? 'Any' : 'Callable', at: each.startIndex }]));
  return fixOf({
    title: `Write ${names.join(' and ')} as the type`, safety: 'safe', edits: inSequence(model.file, change, ...names.map((name) => (now: SourceFile) => importName(now, name === 'Any' ? 'typing' : 'collections.abc', name))),
    explanation: 'any and callable are functions of Python; the types of that meaning are written with a capital.',
  });
}

/** Values of that class are then taken as they are, if they are of the class at all. */
function allowed(model: ClassBody): readonly Fix[] {
  const field = fieldsOf(model).find((each) => each.name === 'model_config');
  const call = field?.value === undefined ? undefined : callsOf(model.file).find((each) => each.start === field.value?.startIndex);
  const first = model.node.childForFieldName('body')?.namedChildren.find((each) => each !== null && !(each.type === 'expression_statement' && each.namedChild(0)?.type === 'string'));
  const hasConfig = model.node.childForFieldName('body')?.namedChildren.some((each) => each?.type === 'class_definition' && each.childForFieldName('name')?.text === 'Config');
  if (hasConfig === true || (field !== undefined && call === undefined) || first === undefined || first === null) return [];
  const start = lineStart(model.file.text, first.startIndex);
  const indent = model.file.text.slice(start, first.startIndex);
  return fixOf({
    title: `Allow arbitrary types in ${model.name}`, safety: 'likely',
    edits: call !== undefined ? setKeyword(model.file, call, 'arbitrary_types_allowed', 'True') : [insertion(model.file, start, `${indent}model_config = ConfigDict(arbitrary_types_allowed=True)\n\n`), ...importName(model.file, 'pydantic', 'ConfigDict')],
    explanation: 'pydantic then only checks that the value is of that class, and looks no further into it.',
  });
}
