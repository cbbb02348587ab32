import { importName, inSequence } from '../../source/edits.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { fieldsOf } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'dataclass-mutable-default';

/** `mutable default <class 'list'> for field tags is not allowed: use default_factory` */
const MUTABLE = /^mutable default <class '(?<type>[\w.]{1,200})'> for field (?<name>\w{1,200}) is not allowed/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A dataclass has a default that all its objects would share.',
  detect: (evidence, source) => refused(evidence, source, ['ValueError'], MUTABLE).map((at) => {
    const name = at.seen.match?.groups?.['name'] ?? '';
    return refusal(kind, at, {
      facts: { file: at.file, name },
      what: `The dataclass ${at.model?.name ?? 'here'} in ${at.file} has a ${at.seen.match?.groups?.['type'] ?? 'mutable value'} as the default of ${name}.`,
      why: 'A default is made once, when the class is defined, and a change to it would be seen in every object; dataclasses refuse that.',
      todo: `Give ${name} a default_factory.`,
      candidates: at.model === undefined ? [] : factories(at.model),
    });
  }),
};

/** All fields of the class: each would fail in turn. */
function factories(model: ClassBody): readonly Fix[] {
  const change = (file: SourceFile): readonly Edit[] => fieldsOf(model).flatMap(({ annotation, value }) => {
    const factory = annotation === undefined || value === undefined ? undefined : factoryFor(value.type, value.text);
    return factory === undefined || value === undefined ? [] : [{ file: file.path, old: value.text, new: `field(default_factory=${factory})`, at: value.startIndex }];
  });
  return fixOf({
    title: 'Make the default anew for each object', safety: 'safe', edits: inSequence(model.file, change, (now) => importName(now, 'dataclasses', 'field')),
    explanation: 'A default_factory makes the same value for each object, so none is shared.',
  });
}

function factoryFor(type: string, text: string): string | undefined {
  const empty: Readonly<Record<string, string>> = { '[]': 'list', '{}': 'dict', 'list()': 'list', 'dict()': 'dict', 'set()': 'set' };
  if (empty[text.replace(/\s/g, '')] !== undefined) return empty[text.replace(/\s/g, '')];
  return ['list', 'dictionary', 'set', 'call'].includes(type) && !/\bfield\(/.test(text) ? `lambda: ${text}` : undefined;
}
