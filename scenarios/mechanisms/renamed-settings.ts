/** Settings of models that pydantic 2 calls otherwise: under the old name they only make it print a warning, and mean nothing. */
import type { Node } from 'web-tree-sitter';
import { callsOf } from '../../source/python.ts';
import { replaceSpan } from '../../source/splice.ts';
import { spanOf } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { classesOf } from './class-bodies.ts';

/** Those that mean the same under the new name; as pydantic's own warning lists them. */
export const RENAMED: Readonly<Record<string, string>> = {
  orm_mode: 'from_attributes', allow_population_by_field_name: 'validate_by_name', schema_extra: 'json_schema_extra', validate_all: 'validate_default', keep_untouched: 'ignored_types',
  anystr_strip_whitespace: 'str_strip_whitespace', anystr_lower: 'str_to_lower', anystr_upper: 'str_to_upper', max_anystr_length: 'str_max_length', min_anystr_length: 'str_min_length',
};

export interface OldSetting {
  readonly file: SourceFile;
  readonly line: number;
  readonly name: string;
  readonly edits: readonly Edit[];
}

/** In a class Config, in the keywords of `ConfigDict(…)`, and in those of a class statement. */
export function oldSettings(source: Source): readonly OldSetting[] {
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && Object.keys(RENAMED).some((name) => file.text.includes(name)))
    .flatMap((file) => [...inConfigs(file), ...inCalls(file)]);
}

function inConfigs(file: SourceFile): readonly OldSetting[] {
  return classesOf(file).filter(({ name }) => name === 'Config').flatMap(({ node }) => (node.childForFieldName('body')?.namedChildren ?? []).flatMap((statement) => {
    const left = statement?.namedChild(0)?.type === 'assignment' ? statement.namedChild(0)?.childForFieldName('left') : null;
    return left?.type === 'identifier' ? settingAt(file, left) : [];
  }));
}

function inCalls(file: SourceFile): readonly OldSetting[] {
  return callsOf(file, ['pydantic.ConfigDict', 'pydantic_settings.SettingsConfigDict']).flatMap((call) => call.arguments.flatMap((argument) => {
    const name = argument.valueNode.parent?.type === 'keyword_argument' ? argument.valueNode.parent.childForFieldName('name') : null;
    return name === null ? [] : settingAt(file, name);
  }));
}

function settingAt(file: SourceFile, node: Node): readonly OldSetting[] {
  const name = node.text;
  const now = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  return now === undefined ? [] : [{ file, name, line: node.startPosition.row + 1, edits: replaceSpan(file, spanOf(node), now) }];
}
