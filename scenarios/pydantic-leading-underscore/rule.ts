import { inSequence, setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { fieldsOf } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-leading-underscore';

/** `Fields must not use names with leading underscores; e.g., use 'id' instead of '_id'.` */
const UNDERSCORE = /^Fields must not use names with leading underscores; e\.g\., use '(?<meant>\w{1,200})' instead of '(?<name>\w{1,200})'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A field of a pydantic model begins with an underscore.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => refused(evidence, source, ['NameError', 'PydanticUserError'], UNDERSCORE).map((at) => {
    const { name = '', meant = '' } = at.seen.match?.groups ?? {};
    return refusal(kind, at, {
      facts: { file: at.file, name },
      what: `${at.model?.name ?? 'A model'} in ${at.file} has a field of the name ${name}.`,
      why: 'pydantic 2 takes names with a leading underscore for private attributes, which are no fields and take no Field(…).',
      todo: `Call the field ${meant} and give it the alias ${name}.`,
      candidates: at.model === undefined ? [] : renamed(at.model, name, meant),
    });
  }),
};

function renamed(model: ClassBody, name: string, meant: string): readonly Fix[] {
  const fields = fieldsOf(model);
  const field = fields.find((each) => each.name === name);
  if (field === undefined || fields.some((each) => each.name === meant) || field.value?.type !== 'call') return [];
  const { startIndex } = field.value;
  const aliased = (file: SourceFile): readonly Edit[] => {
    const call = callsOf(file).find((each) => each.start === startIndex);
    return call === undefined || call.arguments.some((each) => /alias$/.test(each.name ?? '')) ? [] : setKeyword(file, call, 'alias', JSON.stringify(name));
  };
  return fixOf({
    title: `Call the field ${meant}, with the alias ${name}`, safety: 'likely',
    edits: inSequence(model.file, aliased, (file) => renames(file, model, field.nameEnd - name.length, name, meant)),
    explanation: `Under its alias the field is read and written as ${name}, as before; only the code calls it ${meant}.`,
  });
}

/** The field itself, and `self._id` in the methods of its class. */
function renames(file: SourceFile, model: ClassBody, at: number, name: string, meant: string): readonly Edit[] {
  const uses = nodesOf(file, 'attribute').filter((node) => node.text === `self.${name}` && node.startIndex > model.node.startIndex && node.endIndex < model.node.endIndex + 200);
  return [at, ...uses.map((node) => node.endIndex - name.length)].map((start) => ({ file: file.path, old: name, new: meant, at: start }));
}
