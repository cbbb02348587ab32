import { setKeyword } from '../../source/call-edits.ts';
import { replaceSpan } from '../../source/splice.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { isRelationship, mappedClasses, targetOf } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-back-populates-mismatch';

/** `Mapper 'Mapper[Tag(tags)]' has no property 'notes'.` */
const NO_PROPERTY = /^Mapper ['"]?Mapper\[(?<target>\w+)\(.{0,100}?\)\]['"]? has no property ['"](?<property>\w+)['"]/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The back_populates of a relationship names an attribute that the other class does not have.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['InvalidRequestError'], NO_PROPERTY).map((seen): Finding => {
    const { target = '', property = '' } = seen.match?.groups ?? {};
    const [pair] = holders(source, target, property);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: pair?.model.file.path ?? '', ...(pair === undefined ? {} : { line: pair.attribute.line }), facts: { target, property },
      what: `${pair === undefined ? 'A relationship' : `${pair.model.name}.${pair.attribute.name}`} says back_populates="${property}", and ${target} has no such attribute.`,
      why: 'back_populates joins the two ends of a relationship and must name the attribute at the other end. SQLAlchemy looks when the first mapped class is used, so every query fails.',
      todo: `Name the attribute of ${target} that leads back, or add one.`,
      candidates: pair === undefined ? [] : candidates(source, pair, target, property), explains: [seen.at],
    };
  }),
};

interface Pair {
  readonly model: MappedClass;
  readonly attribute: Attribute;
}

function holders(source: Source, target: string, property: string): readonly Pair[] {
  return mappedClasses(source).flatMap((model) => model.attributes
    .filter((attribute) => isRelationship(attribute) && targetOf(attribute) === target && new RegExp(`back_populates\\s*=\\s*["']${property}["']`).test(attribute.node.text))
    .map((attribute) => ({ model, attribute })));
}

function candidates(source: Source, { model, attribute }: Pair, target: string, property: string): readonly Fix[] {
  const argument = attribute.call?.arguments.find(({ name }) => name === 'back_populates');
  const other = mappedClasses(source).find((each) => each.name === target);
  if (attribute.call === undefined || argument === undefined || stringValue(argument.valueNode) === undefined) return [];
  const back = (other?.attributes ?? []).filter((each) => isRelationship(each) && targetOf(each) === model.name).map(({ name }) => name);
  const likely = [...new Set([...lookAlikes(property, back), ...(back.length === 1 ? back : [])])];
  return [
    ...likely.flatMap((name) => fixOf({
      title: `Write back_populates="${name}" in ${model.name}.${attribute.name}`, safety: 'safe', edits: replaceSpan(model.file, argument.valueSpan, `"${name}"`),
      explanation: `${target}.${name} is the attribute that leads back to ${model.name}.`,
    })),
    ...(back.length > 0 ? [] : fixOf({
      title: `Leave back_populates out of ${model.name}.${attribute.name}`, safety: 'likely', edits: setKeyword(model.file, attribute.call, 'back_populates', null),
      explanation: `${target} has no attribute that leads back. The relationship works in one direction without one.`,
    })),
  ];
}
