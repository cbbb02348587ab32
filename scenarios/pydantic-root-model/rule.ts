import { importName, inSequence } from '../../source/edits.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { accessesOf, renameAccesses } from '../mechanisms/attributes.ts';
import { classesOf, fieldsOf } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'pydantic-root-model';

/** ``To define root models, use `pydantic.RootModel` rather than a field called '__root__'`` */
const ROOT = /^To define root models, use `pydantic\.RootModel` rather than a field called '__root__'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A model holds its only value in __root__, as pydantic 1 wanted it.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError', 'TypeError'], ROOT).map((at) => refusal(kind, at, {
    facts: { file: at.file },
    what: `${at.model?.name ?? 'A model'} in ${at.file} has a field __root__, which pydantic 2 does not take.`,
    why: 'pydantic 2 has a base class for models that are one value: RootModel, whose field is called root.',
    todo: `Derive the model in ${at.file} from pydantic.RootModel and call its field root.`,
    candidates: fixOf({ title: 'Derive it from RootModel', safety: 'likely', edits: edits(source), explanation: 'RootModel is the same thing under its new name; what it accepts and sends stays.' }),
  })),
};

/** All of the tree, with everything that reads `.__root__`. */
function edits(source: Source): readonly Edit[] {
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes('__root__')).flatMap((file) => inSequence(
    file,
    (now) => renameAccesses(accessesOf(now, '__root__'), '__root__', 'root'),
    (now) => classesOf(now).flatMap((model) => {
      const field = fieldsOf(model).find((each) => each.name === '__root__');
      const base = model.node.childForFieldName('superclasses')?.namedChildren.find((each) => each?.text.endsWith('BaseModel'));
      if (field === undefined || base === undefined || base === null) return [];
      const type = field.annotation ?? 'object';
      return [{ file: now.path, old: base.text, new: `RootModel[${type}]`, at: base.startIndex }, { file: now.path, old: '__root__', new: 'root', at: field.node.startIndex }];
    }),
    (now: SourceFile) => (/\bRootModel\[/.test(now.text) ? importName(now, 'pydantic', 'RootModel') : []),
  ));
}
