import { replaceImportedModule } from '../../source/edits.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { mappedClasses } from '../mechanisms/models.ts';
import type { MappedClass } from '../mechanisms/models.ts';
import { oddImports } from '../mechanisms/twice-imported.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'table-already-defined';

/** `Table 'users' is already defined for this MetaData instance.` */
const DEFINED = /^Table '(?<table>[\w.]+)' is already defined for this MetaData instance/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A table is defined twice.',
  detect: (evidence, source) => raised(evidence, ['InvalidRequestError'], DEFINED).map((seen): Finding => {
    const table = seen.match?.groups?.['table'] ?? '';
    const models = mappedClasses(source).filter((each) => each.table === table.split('.').at(-1));
    const last = models.at(-1);
    const twice = models.length < 2;
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: last?.file.path ?? '', ...(last === undefined ? {} : { line: last.line }), facts: { table },
      what: twice ? `${last?.file.path ?? 'A module'} is loaded twice, so its table ${table} is defined a second time.` : `${list(models.map(({ name }) => name))} both define the table ${table}.`,
      why: twice
        ? 'The same file is imported under two names, such as models.user and src.models.user. To Python these are two modules, and each runs the file once.'
        : 'Every table of a database is described by one class. The second description is refused, so that none of them is lost.',
      todo: twice ? 'Import the module under one name everywhere.' : `Give one of the classes a __tablename__ of its own, or remove the one that is not used.`,
      candidates: twice ? unified(source, last) : renamed(models, table), explains: [seen.at],
    };
  }),
};

function unified(source: Source, model: MappedClass | undefined): readonly Fix[] {
  const odd = model === undefined ? [] : oddImports(source, model.file.path);
  return fixOf({
    title: `Import ${model?.file.path ?? ''} under one name`, safety: 'safe',
    edits: odd.flatMap(({ file, statement, module }) => replaceImportedModule(file, statement.line, statement.module, module)),
    explanation: `${list([...new Set(odd.map(({ statement }) => statement.module))])} and ${list([...new Set(odd.map(({ module }) => module))])} are the same file; most of the tree uses the latter.`,
  });
}

/** A copied class that kept the table of its model: its own name says what the table should be called. */
function renamed(models: readonly MappedClass[], table: string): readonly Fix[] {
  const styles: readonly ((name: string) => string)[] = [(name) => `${snake(name)}s`, (name) => snake(name), (name) => snake(name).replace(/y$/, 'ies')];
  const style = styles.find((each) => models.some(({ name }) => each(name) === table));
  const copies = style === undefined ? [] : models.filter(({ name }) => style(name) !== table);
  const [copy] = copies;
  const named = copy?.attributes.find(({ name }) => name === '__tablename__')?.node.childForFieldName('right');
  if (style === undefined || copy === undefined || copies.length !== 1 || !named) return [];
  return fixOf({
    title: `Call the table of ${copy.name} ${style(copy.name)}`, safety: 'likely', edits: replaceSpan(copy.file, { start: named.startIndex, end: named.endIndex }, `"${style(copy.name)}"`),
    explanation: `${table} is named after the other class; ${copy.name} looks like a copy that kept the name. Check that no existing table is meant.`,
  });
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
}
