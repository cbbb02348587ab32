import type { Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { mappedClasses, registered } from '../mechanisms/models.ts';
import type { MappedClass } from '../mechanisms/models.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-mapper-name-not-found';

/** `When initializing mapper Mapper[Note(notes)], expression 'Owner' failed to locate a name ('Owner').` */
const NOT_FOUND = /When initializing mapper (?:Mapper\[|mapped class )(?<holder>\w+).{0,200}?expression ['"](?<expression>.{1,200}?)['"] failed to locate a name \(['"](?<name>[\w.]+)['"]\)/s;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A relationship names a class that no mapper knows.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['InvalidRequestError'], NOT_FOUND).map((seen): Finding => {
    const { holder = '', name = '' } = seen.match?.groups ?? {};
    const model = mappedClasses(source).find((each) => each.name === holder);
    const line = model?.attributes.find(({ node }) => new RegExp(`\\b${name}\\b`).test(node.text))?.line ?? model?.line;
    const home = mappedClasses(source).find((each) => each.name === name);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: model?.file.path ?? '', ...(line === undefined ? {} : { line }), facts: { holder, name },
      what: `A relationship of ${holder} leads to ${name}, and no class of that name is known when the mappers are configured.`,
      why: home === undefined
        ? 'SQLAlchemy looks the name up among all mapped classes when the first of them is used; no module of the tree defines one with it.'
        : `SQLAlchemy looks the name up among all mapped classes when the first of them is used. ${home.file.path} defines ${name}, and nothing imports that module.`,
      todo: home === undefined ? `Correct the name of the class in ${holder}.` : `Import ${name} wherever the other models are imported.`,
      candidates: home === undefined ? respelt(source, model, name) : registered(source, home), explains: [seen.at],
    };
  }),
};

/** The only place to change is the class that holds the relationship. */
function respelt(source: Source, model: MappedClass | undefined, name: string): readonly Fix[] {
  if (model === undefined) return [];
  return lookAlikes(name, mappedClasses(source).map((each) => each.name)).flatMap((right) => fixOf({
    title: `Write ${right} instead of ${name} in ${model.name}`, safety: 'likely',
    edits: model.attributes.flatMap(({ node }) => [...node.text.matchAll(new RegExp(`\\b${name}\\b(?=["'\\].])`, 'g'))].map((match) => ({ file: model.file.path, old: name, new: right, at: node.startIndex + match.index }))),
    explanation: `${right} is a class of this tree; ${name} differs from it by a few letters.`,
  }));
}
