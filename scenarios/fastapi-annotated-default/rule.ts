import { setKeyword } from '../../source/edits.ts';
import { removeItem } from '../../source/list-edits.ts';
import { callsOf } from '../../source/python.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Source } from '../../source/types.ts';
import { endpointAt } from '../mechanisms/endpoints.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import type { Refused } from '../mechanisms/pydantic-errors.ts';
import { insertAt } from '../mechanisms/text-lines.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'fastapi-annotated-default';

/** `` `Query` default value cannot be set in `Annotated` for 'limit'. Set the default value with `=` instead. `` */
const IN_ANNOTATED = /^`(?<marker>\w{1,100})` default value cannot be set in `Annotated` for '(?<name>\w{1,200})'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A parameter of a route has its default inside Annotated.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => refused(evidence, source, ['AssertionError'], IN_ANNOTATED).map((at) => {
    const { marker = '', name = '' } = at.seen.match?.groups ?? {};
    return refusal(kind, at, {
      facts: { file: at.file, name },
      what: `A route in ${at.file} sets the default of ${name} inside Annotated, in ${marker}(…).`,
      why: `In Annotated, ${marker}(…) only describes the parameter. Its default stands behind the equals sign.`,
      todo: `Move the default of ${name} behind the equals sign.`,
      candidates: moved(at, marker, name, source),
    });
  }),
};

function moved({ file: path, line }: Refused, marker: string, name: string, source: Source): readonly Fix[] {
  const file = source.files.get(path);
  const parameter = file === undefined ? undefined : endpointAt(file, line)?.parameters.find((each) => each.name === name);
  if (file === undefined || parameter === undefined || parameter.value !== undefined) return [];
  const call = callsOf(file).find((each) => each.written.split('.').at(-1) === marker && each.start >= parameter.node.startIndex && each.end <= parameter.end);
  const index = call?.arguments.findIndex((each) => each.name === 'default' || (each.name === undefined && !each.splat)) ?? -1;
  const given = call?.arguments[index];
  if (call === undefined || given === undefined) return [];
  const splice = removeItem(call.arguments, index);
  const without = given.name === 'default' ? setKeyword(file, call, 'default', null) : call.arguments.length > 1 ? replaceSpan(file, splice, splice.text) : replaceSpan(file, given, '');
  return fixOf({
    title: `Move the default of ${name} behind the equals sign`, safety: 'safe', edits: [...without, insertAt(file, parameter.end, ` = ${given.value}`)],
    explanation: `${name} keeps its default and its checks.`,
  });
}
