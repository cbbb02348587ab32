import { importName, inSequence } from '../../source/edits.ts';
import type { Node } from 'web-tree-sitter';
import type { Edit, SourceFile } from '../../source/types.ts';
import { classesOf, fieldsOf } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-const-removed';

/** `` `const` is removed, use `Literal` instead `` */
const REMOVED = /^`const` is removed, use `Literal` instead/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A field is declared constant in the way of pydantic 1.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], REMOVED).map((at) => {
    const file = source.files.get(at.file);
    return refusal(kind, at, {
      facts: { file: at.file },
      what: `${at.file} declares a field with const, which pydantic 2 no longer knows.`,
      why: 'pydantic 2 says the same with a type: Literal of the one value.',
      todo: `Annotate the field in ${at.file} with Literal and its value.`,
      candidates: file === undefined ? [] : literals(file),
    });
  }),
};

/** `kind: str = Field("a", const=True)` → `kind: Literal["a"] = "a"`: the field takes that value and no other, as before. */
function literals(file: SourceFile): readonly Fix[] {
  const edits = inSequence(file, (now) => classesOf(now).flatMap((model) => fieldsOf(model)).flatMap((field): readonly Edit[] => {
    const value = constant(field.value);
    const type = field.node.childForFieldName('type');
    if (value === undefined || type === null || field.value === undefined) return [];
    return [{ file: now.path, old: type.text, new: `Literal[${value}]`, at: type.startIndex }, { file: now.path, old: field.value.text, new: value, at: field.value.startIndex }];
  }), (now) => (now.text === file.text ? [] : importName(now, 'typing', 'Literal')));
  return fixOf({ title: 'Declare the constant as Literal', safety: 'likely', edits, explanation: 'A Literal of one value accepts that value and no other, which is what const=True did.' });
}

/** The first argument of `Field(value, const=True)`, when it is the only other one. */
function constant(call: Node | undefined): string | undefined {
  const given = call?.childForFieldName('arguments')?.namedChildren ?? [];
  if (call?.type !== 'call' || given.length !== 2) return undefined;
  const isConst = given[1]?.type === 'keyword_argument' && given[1].childForFieldName('name')?.text === 'const';
  const value = given[0]?.type === 'keyword_argument' ? given[0].childForFieldName('value')?.text : given[0]?.text;
  return isConst && value !== '...' ? value : undefined;
}
