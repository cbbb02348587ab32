import { dropImportedName, inSequence } from '../../source/edits.ts';
import { importNodes } from '../../source/imports.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { raised, withAnswers } from '../mechanisms/faults.ts';
import { isRelationship, mappedClasses } from '../mechanisms/models.ts';
import type { MappedClass } from '../mechanisms/models.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlmodel-future-annotations';

/** `When initializing mapper Mapper[Team(team)], expression "relationship("list['Hero']")" seems to be using a generic class as the argument to relationship()` */
const GENERIC = /^When initializing mapper \S{0,20}?\[?(?<class>\w{1,200})\([\s\S]{0,200}relationship\([\s\S]{0,200}seems to be using a generic class/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Relationships of SQLModel stand in a file whose annotations are texts.',
  refines: ['package-refuses-call', 'third-party-crash', 'request-fails', 'unknown-failure'],
  detect: (evidence, source) => raised(evidence, ['InvalidRequestError'], GENERIC).slice(0, 1).flatMap((seen): Finding[] => {
    const model = mappedClasses(source).find(({ name, sqlmodel }) => sqlmodel && name === seen.match?.groups?.['class']);
    if (model === undefined || !hasFuture(model.file)) return [];
    const relationship = model.attributes.find(isRelationship);
    return [{
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: model.file.path, line: relationship?.line ?? model.line, facts: { model: model.name },
      what: `${model.file.path} imports annotations from __future__, and SQLModel cannot read the relationships of ${model.name} then.`,
      why: 'Every annotation of the file is a text. SQLModel takes the whole of it, brackets included, for the name of a class.',
      todo: `Leave the import of annotations out of ${model.file.path}, and put the names of tables that are defined further down into quotes.`,
      candidates: evaluated(model.file, source), explains: withAnswers(seen.at, evidence),
    }];
  }),
};

function hasFuture(file: SourceFile): boolean {
  return importNodes(file).some(({ written, names }) => written === '__future__' && names.some(({ name }) => name === 'annotations'));
}

function evaluated(file: SourceFile, source: Source): readonly Fix[] {
  const models = mappedClasses(source).filter((each) => each.file === file);
  const quotes = models.flatMap((model) => model.attributes.filter(isRelationship).flatMap((attribute) => inQuotes(model, attribute.node.childForFieldName('type'))));
  return fixOf({
    title: `Leave the import of annotations out of ${file.path}`, safety: 'likely', edits: inSequence(file, () => quotes, (now) => dropImportedName(now, '__future__', 'annotations')),
    explanation: 'SQLModel reads the annotations as types again; the names of tables in quotes are looked up when all of them are known.',
  });
}

/** `list[Hero]` → `list["Hero"]`; a union, such as `Team | None`, stays as it is. */
function inQuotes({ file }: MappedClass, type: ReturnType<MappedClass['node']['childForFieldName']>): readonly Edit[] {
  if (!type || /["']/.test(type.text)) return [];
  const inner = /^(?:typing\.)?(?:list|List|set|Set|Optional|Sequence)\[\s*(?<name>[A-Za-z_]\w*)\s*\]$/d.exec(type.text);
  const at = inner?.indices?.groups?.['name']?.[0];
  const name = inner?.groups?.['name'];
  if (name !== undefined && at !== undefined) return [{ file: file.path, old: name, new: `"${name}"`, at: type.startIndex + at }];
  return /^[A-Za-z_]\w*$/.test(type.text) ? [{ file: file.path, old: type.text, new: `"${type.text}"`, at: type.startIndex }] : [];
}
