import { callsOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-regex-removed';

/** `` `regex` is removed. use `pattern` instead ``   `constr() got an unexpected keyword argument 'regex'`   `Query() got an unexpected keyword argument 'regex'` */
const REMOVED = /^`regex` is removed\. use `pattern` instead|^(?:\w{1,40}\.)?(?:constr|Field|Query|Path|Form|Header|Cookie|Body|StringConstraints)(?:\.__init__)?\(\) got an unexpected keyword argument 'regex'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A field is given the keyword regex, which pydantic 2 calls pattern.',
  table: 'the calls that make fields',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError', 'TypeError'], REMOVED).map((at) => refusal(kind, at, {
    facts: { file: at.file },
    what: `${at.file} passes regex to a field, and pydantic 2 calls it pattern.`,
    why: 'pydantic 2 took the word of JSON Schema. Patterns are now matched by an engine without look-around; those with look-around need a validator.',
    todo: `Write pattern instead of regex in ${at.file}.`,
    candidates: renamed(source),
  })),
};

/** All such calls of the tree: each would fail in turn. */
function renamed(source: Source): readonly Fix[] {
  const callees = ['Field', 'constr', 'Query', 'Path', 'Form', 'Header', 'Cookie', 'Body', 'StringConstraints'];
  const edits = [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes('regex')).flatMap((file) =>
    callsOf(file, callees).flatMap((call) => call.arguments.filter((each) => each.name === 'regex').map((each) => ({ file: file.path, old: 'regex', new: 'pattern', at: each.start }))));
  return fixOf({ title: 'Write pattern instead of regex', safety: 'safe', edits, explanation: 'pattern is the name of the same argument in pydantic 2.' });
}
