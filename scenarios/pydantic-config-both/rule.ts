import { setKeyword } from '../../source/edits.ts';
import { inSequence } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Node } from 'web-tree-sitter';
import type { Edit, SourceFile } from '../../source/types.ts';
import { classesOf, fieldsOf, withoutLines } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { RENAMED } from '../mechanisms/renamed-settings.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-config-both';

/** `"Config" and "model_config" cannot be used together` */
const BOTH = /^"Config" and "model_config" cannot be used together/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A model is configured twice: in a class Config and in model_config.',
  table: "pydantic's new names of settings",
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], BOTH).map((at) => refusal(kind, at, {
    facts: { file: at.file, model: at.model?.name ?? '' },
    what: `${at.model?.name ?? 'A model'} in ${at.file} has a class Config and a model_config.`,
    why: 'model_config is the way of pydantic 2, class Config that of pydantic 1; together nobody could say which one counts.',
    todo: `Move what class Config says into model_config, and remove the class.`,
    candidates: at.model === undefined ? [] : merged(at.model),
  })),
};

function configOf(model: ClassBody): Node | undefined {
  return model.node.childForFieldName('body')?.namedChildren.find((each): each is Node => each?.type === 'class_definition' && each.childForFieldName('name')?.text === 'Config');
}

function merged(model: ClassBody): readonly Fix[] {
  const config = configOf(model);
  const statements = config?.childForFieldName('body')?.namedChildren ?? [];
  const settings = config === undefined ? [] : fieldsOf({ ...model, node: config });
  // Anything but plain settings (a method, a docstring) is not to be thrown away.
  if (config === undefined || settings.length === 0 || settings.length !== statements.length) return [];
  const again = (file: SourceFile): ClassBody | undefined => classesOf(file).find((each) => each.name === model.name && each.line === model.line);
  const set = (name: string, value: string) => (file: SourceFile): readonly Edit[] => {
    const field = fieldsOf(again(file) ?? model).find((each) => each.name === 'model_config');
    const call = callsOf(file).find((each) => each.start === field?.value?.startIndex);
    return call === undefined || call.arguments.some((each) => each.name === name) ? [] : setKeyword(file, call, name, value);
  };
  const remove = (file: SourceFile): readonly Edit[] => { const now = again(file); const node = now === undefined ? undefined : configOf(now); return node === undefined ? [] : [withoutLines(file, node)]; };
  return fixOf({
    title: 'Move class Config into model_config', safety: 'likely',
    edits: inSequence(model.file, ...settings.map(({ name, value }) => set(RENAMED[name] ?? name, value?.text ?? 'None')), remove),
    explanation: 'Every setting of the class is kept under the name that pydantic 2 has for it; what model_config says already stays as it is.',
  });
}
