import type { Edit, Source } from '../../source/types.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'pydantic-root-validator-skip';

/** ``If you use `@root_validator` with pre=False (the default) you MUST specify `skip_on_failure=True`. …`` */
const SKIP = /^If you use `@root_validator` with pre=False \(the default\) you MUST specify `skip_on_failure=True`/;
/** `@root_validator` and `@root_validator()`, not those with `pre=True` or the keyword itself. */
const BARE = /^(?<head>[ \t]*@(?:\w+\.)?root_validator)(?:\(\s*(?:pre\s*=\s*False\s*,?\s*)?\))?(?=[ \t]*(?:#.*)?\r?$)/gm;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A root validator of pydantic 1 does not say that it is skipped after failures.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], SKIP).map((at) => refusal(kind, at, {
    facts: { file: at.file },
    what: `${at.file} has a root validator without skip_on_failure=True.`,
    why: 'pydantic 2 still runs such validators, but only when no field failed before, and asks to say so.',
    todo: `Write @root_validator(skip_on_failure=True) in ${at.file}, or use @model_validator(mode="after").`,
    candidates: fixOf({ title: 'Say skip_on_failure=True', safety: 'safe', edits: edits(source), explanation: 'The validator runs as before whenever all fields are valid; when one is not, the request is refused anyway.' }),
  })),
};

/** All of the tree: each would fail in turn. */
function edits(source: Source): readonly Edit[] {
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes('root_validator')).flatMap((file) =>
    [...file.text.matchAll(BARE)].map((match) => ({ file: file.path, old: match[0], new: `${match.groups?.['head'] ?? ''}(skip_on_failure=True)`, at: match.index })));
}
