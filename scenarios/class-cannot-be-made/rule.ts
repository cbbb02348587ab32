import type { Source } from '../../source/types.ts';
import { classAt } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { keywordOnly, withoutSecondMember, withoutSpareBase } from '../mechanisms/class-statements.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'class-cannot-be-made';

interface Form {
  readonly said: RegExp;
  readonly why: string;
  readonly todo: string;
  readonly ways: (body: ClassBody, source: Source) => readonly Fix[];
}

const FORMS: readonly Form[] = [
  {
    said: /^metaclass conflict\b/, ways: () => [],
    why: 'Each of its bases is made by a metaclass of its own, and Python cannot make one class by two of them. A class is either one or the other, such as a pydantic model or a table of SQLAlchemy (a table of SQLModel is both).',
    todo: 'Make two classes of it, or take bases that go together.',
  },
  {
    said: /^Cannot create a consistent method resolution order|^duplicate base class/, ways: withoutSpareBase,
    why: 'A base stands in front of a class that is derived from it, or stands there twice, so that no order of its bases is right.',
    todo: 'Name each base once, and a derived class before what it is derived from.',
  },
  {
    said: /^'\w{1,200}' already defined as /, ways: withoutSecondMember,
    why: 'A member of an Enum has one value; the same name stands in it twice.',
    todo: 'Give one of the two members another name, or take it out.',
  },
  {
    said: /^non-default argument '\w{1,200}' follows default argument/, ways: keywordOnly,
    why: 'The fields of a dataclass are the parameters of its constructor in this order, and a parameter without a default may not stand behind one that has one.',
    todo: 'Move the fields without a default to the front, or make the fields keyword-only.',
  },
  {
    said: /^(?:type '[\w.]{1,200}' is not an acceptable base type|multiple bases have instance lay-out conflict|cannot extend |\S{1,200} cannot be (?:extended|subclassed))|^'\w{1,200}' in __slots__ conflicts with class variable/, ways: () => [],
    why: 'A base does not allow to be derived from like this, or two of them lay out their objects differently.',
    todo: 'Hold the object of the other class in a field instead of deriving from it.',
  },
];

/** Python says it of a class statement of the tree, through the metaclass of a package where the class has one. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Python cannot make a class of the bases or members that it names.',
  refines: ['unknown-failure', 'third-party-crash', 'package-refuses-call'],
  detect: (evidence, source) => FORMS.flatMap((form) => raised(evidence, ['TypeError', 'ValueError'], form.said).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const body = own === undefined || file === undefined ? undefined : classAt(file, own.line);
    // The frame is the class statement's, or that of its body.
    if (own === undefined || body === undefined || (!/^(?:class\b|@)/.test(own.source ?? '') && own.function !== body.name)) return [];
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: body.file.path, line: body.line, facts: { class: body.name, file: body.file.path },
      what: `The class ${body.name} in ${body.file.path} cannot be made: ${firstLine(seen.exception.message, 160)}`,
      why: form.why, todo: form.todo, candidates: form.ways(body, source), explains: [seen.at],
    }];
  })),
};
