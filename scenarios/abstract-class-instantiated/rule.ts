import type { Source } from '../../source/types.ts';
import { ancestorsOf, classesNamed, methodsOf } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'abstract-class-instantiated';

/** `Can't instantiate abstract class Store without an implementation for abstract method 'load'`   … methods 'load', 'save'   3.11: … with abstract method load */
const ABSTRACT = /^Can't instantiate abstract class (?<name>\w{1,200}) with(?:out an implementation for)? abstract methods? (?<methods>[\w', ]{1,600})/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'An object is made of a class that lacks methods which its base demands.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure', 'request-fails'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], ABSTRACT).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const { name = '', methods = '' } = seen.match?.groups ?? {};
    const missing = [...methods.matchAll(/\w+/g)].map(([word]) => word);
    const [body, ...others] = classesNamed(name, source);
    const place = body === undefined || others.length > 0 ? own : { file: body.file.path, line: body.line };
    if (place === undefined) return [];
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: place.file, line: place.line, facts: { name, methods: missing.join(',') },
      what: `${name} lacks ${list(missing)}, which its base demands, and ${own?.file ?? 'the code'} makes an object of it.`,
      why: 'Python makes no object of a class that has abstract methods left.',
      todo: `Write ${list(missing)} in ${name}, or make an object of a class that has ${missing.length === 1 ? 'it' : 'them'}.`,
      candidates: body === undefined || others.length > 0 ? [] : renamed(body, missing, source), explains: [seen.at],
    }];
  }),
};

/** All missing ones at once: with one left the class stays abstract. */
function renamed(body: ClassBody, missing: readonly string[], source: Source): readonly Fix[] {
  const inherited = new Set(ancestorsOf(body, source).flatMap((base) => methodsOf(base).map(({ name }) => name)));
  const own = methodsOf(body).filter(({ name }) => !inherited.has(name) && !name.startsWith('__'));
  const meant = missing.map((name) => { const [other] = lookAlikes(name, own.map((each) => each.name)); return own.find((each) => each.name === other); });
  if (meant.some((each) => each === undefined)) return [];
  return fixOf({
    title: `Call the ${missing.length === 1 ? 'method' : 'methods'} of ${body.name} ${list(missing)}`, safety: 'likely',
    edits: meant.flatMap((method, at) => (method === undefined ? [] : [{ file: body.file.path, old: method.name, new: missing[at] ?? '', at: method.at }])),
    explanation: `${body.name} has ${list(meant.flatMap((method) => method?.name ?? []))}, which no base knows and whose name is nearly the one that is missing.`,
  });
}
