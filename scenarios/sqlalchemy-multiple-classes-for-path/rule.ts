import { replaceImportedModule } from '../../source/edits.ts';
import type { Edit, Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { isRelationship, mappedClasses, moduleOfFile, targetOf } from '../mechanisms/models.ts';
import type { MappedClass } from '../mechanisms/models.ts';
import { oddImports } from '../mechanisms/twice-imported.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-multiple-classes-for-path';

/** `Multiple classes found for path "Tag" in the registry of this declarative base. Please use a fully module-qualified path.` */
const MULTIPLE = /^Multiple classes found for path "(?<name>[\w.]+)"/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A relationship names a class of which there are several.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['InvalidRequestError'], MULTIPLE).map((seen): Finding => {
    const name = (seen.match?.groups?.['name'] ?? '').split('.').at(-1) ?? '';
    const classes = mappedClasses(source).filter((each) => each.name === name);
    const holders = mappedClasses(source).filter((each) => each.attributes.some((attribute) => isRelationship(attribute) && targetOf(attribute) === name));
    const [holder] = holders;
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: holder?.file.path ?? classes[0]?.file.path ?? '', ...(holder === undefined ? {} : { line: holder.line }), facts: { name },
      what: `A relationship leads to ${name}, and ${classes.length < 2 ? `its module is loaded twice` : `there are several: in ${list(classes.map(({ file }) => file.path))}`}.`,
      why: 'SQLAlchemy looks a class up by its name among all mapped classes. Where two have the same, only the name with its module is clear.',
      todo: `Write the name with its module in the relationship, such as "package.module.${name}".`,
      candidates: classes.length < 2 ? unified(source, classes[0]) : classes.flatMap((one) => qualified(source, holders, one)), explains: [seen.at],
    };
  }),
};

function unified(source: Source, model: MappedClass | undefined): readonly Fix[] {
  return fixOf({
    title: `Import ${model?.file.path ?? ''} under one name`, safety: 'safe',
    edits: (model === undefined ? [] : oddImports(source, model.file.path)).flatMap(({ file, statement, module }) => replaceImportedModule(file, statement.line, statement.module, module)),
    explanation: 'The same file is imported under two names, and each of them makes the class once.',
  });
}

/** The one with a foreign key between the two tables is meant; the others follow as further candidates. */
function qualified(source: Source, holders: readonly MappedClass[], model: MappedClass): readonly Fix[] {
  const module = moduleOfFile(source, model.file);
  const linked = holders.filter((holder) => holder === model || joins(holder, model) || joins(model, holder));
  const edits = module === undefined ? [] : linked.flatMap((holder) => holder.attributes.filter((attribute) => isRelationship(attribute) && targetOf(attribute) === model.name).flatMap((attribute): readonly Edit[] => {
    const { call } = attribute;
    const first = call?.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'argument'));
    if (call === undefined) return [];
    if (first !== undefined) return [{ file: holder.file.path, old: first.value, new: `"${module}.${model.name}"`, at: first.valueSpan.start }];
    const at = call.argumentsSpan.start + 1;
    return [{ file: holder.file.path, old: '', new: `"${module}.${model.name}"${call.arguments.length > 0 ? ', ' : ''}`, at }];
  }));
  return fixOf({
    title: `Let the relationship lead to ${module ?? ''}.${model.name}`, safety: 'likely', edits,
    explanation: `A foreign key links its table with this one, so this class of the name is the one that is meant.`,
  });
}

function joins(child: MappedClass, parent: MappedClass): boolean {
  return child.node.text.includes(`"${parent.table}.`) || child.node.text.includes(`'${parent.table}.`);
}
