import { callsOf } from '../../source/python.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Edit, Source } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { attributesOf, mappedClasses } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'declarative-metadata-reserved';

/** `Attribute name 'metadata' is reserved when using the Declarative API.` */
const RESERVED = /^Attribute name '(?<name>\w+)' is reserved/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A column has a name that SQLAlchemy keeps for itself.',
  detect: (evidence, source) => raised(evidence, ['InvalidRequestError'], RESERVED).map((seen): Finding => {
    const name = seen.match?.groups?.['name'] ?? 'metadata';
    const own = ownFrameOf(seen);
    const model = mappedClasses(source).find((each) => each.file.path === own?.file && each.attributes.some((attribute) => attribute.name === name));
    const attribute = model?.attributes.find((each) => each.name === name);
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: model?.file.path ?? own?.file ?? '', line: attribute?.line ?? own?.line ?? 1, facts: { file: own?.file ?? '', class: model?.name ?? '', name },
      what: `${model?.name ?? 'A mapped class'} has an attribute ${name}, which every mapped class has already.`,
      why: `SQLAlchemy keeps all tables in the attribute ${name} of the classes, so a column cannot be called so in Python. In the database it can.`,
      todo: `Rename the attribute and keep the column: ${name}_ = mapped_column("${name}", …).`,
      candidates: model === undefined || attribute === undefined ? [] : renamed(source, model, attribute), explains: [seen.at],
    };
  }),
};

/** The attribute gets another name, the column keeps its own; so do the calls that make objects of the class. */
function renamed(source: Source, model: MappedClass, attribute: Attribute): readonly Fix[] {
  const { file } = model;
  const to = `${attribute.name}_`;
  const column = keepColumn(model, attribute);
  if (column === undefined || attributesOf(file, model.node).some(({ name }) => name === to)) return [];
  const made = [...source.files.values()].flatMap((each) => callsOf(each).filter((call) => call.written.split('.').at(-1) === model.name)
    .flatMap((call) => call.arguments.filter(({ name }) => name === attribute.name).map((argument): Edit => ({ file: each.path, old: attribute.name, new: to, at: argument.start }))));
  return fixOf({
    title: `Call the attribute ${model.name}.${to} and keep the column ${attribute.name}`, safety: 'likely',
    edits: [{ file: file.path, old: attribute.name, new: to, at: attribute.start }, ...column, ...made],
    explanation: `The column is still called ${attribute.name} in the database. Code that reads ${model.name}.${attribute.name} must read ${to}.`,
  });
}

function keepColumn({ file, sqlmodel }: MappedClass, { name, call, node }: Attribute): readonly Edit[] | undefined {
  if (call === undefined) return undefined;
  if (sqlmodel && /(?:^|\.)Field$/.test(call.written)) {
    const kwargs = call.arguments.find((argument) => argument.name === 'sa_column_kwargs');
    if (kwargs === undefined) return call.arguments.some((argument) => argument.name === 'sa_column') ? undefined : setKeyword(file, call, 'sa_column_kwargs', `{"name": "${name}"}`);
    return kwargs.value.startsWith('{') ? [{ file: file.path, old: '', new: `"name": "${name}"${/^\{\s*\}$/.test(kwargs.value) ? '' : ', '}`, at: kwargs.valueSpan.start + 1 }] : undefined;
  }
  if (!/(?:^|\.)(?:mapped_column|Column)$/.test(call.written) || node.childForFieldName('right') === null) return undefined;
  return /^["']/.test(call.arguments[0]?.value ?? '') ? [] : [{ file: file.path, old: '', new: `"${name}"${call.arguments.length > 0 ? ', ' : ''}`, at: call.argumentsSpan.start + 1 }];
}
