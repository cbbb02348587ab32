import { setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { mappedClasses } from '../mechanisms/models.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-enum-without-name';

/** `PostgreSQL ENUM type requires a name.`   `PostgreSQL AsyncPgEnum type requires a name.` */
const NAMELESS = /^PostgreSQL \w{1,60} type requires a name/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A column is an Enum of texts without a name, and Postgres needs one for its type.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => raised(evidence, ['CompileError'], NAMELESS).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const nameless = namelessIn(source);
    const [first] = nameless;
    const place = first === undefined ? own : { file: first.file.path, line: first.call.line };
    if (place === undefined) return [];
    return [{
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: place.file, line: place.line, facts: { columns: nameless.map(({ column }) => column).join(',') },
      what: nameless.length === 0 ? 'A column is an Enum of texts that has no name.' : `${list(nameless.map(({ column }) => column))} in ${place.file} ${nameless.length === 1 ? 'is an Enum of texts that has' : 'are Enums of texts that have'} no name.`,
      why: 'Postgres keeps an Enum as a type of its own, which must have a name. Only the class of an Enum brings one.',
      todo: 'Give the Enum a name, or make it of a class.',
      candidates: named(nameless), explains: [seen.at],
    }];
  }),
};

interface Nameless {
  readonly file: SourceFile;
  readonly call: Call;
  /** `orders.state` */
  readonly column: string;
}

function namelessIn(source: Source): readonly Nameless[] {
  return mappedClasses(source).flatMap((model) => model.attributes.flatMap((attribute) => callsOf(model.file)
    .filter((call) => call.start >= attribute.node.startIndex && call.end <= attribute.node.endIndex && /(?:^|\.)(?:Enum|ENUM)$/.test(call.written))
    .filter((call) => call.arguments[0] !== undefined && stringValue(call.arguments[0].valueNode) !== undefined && !call.arguments.some(({ name, splat }) => splat || name === 'name'))
    .map((call) => ({ file: model.file, call, column: `${model.table}.${attribute.name}` }))));
}

/** All at once: the next one would be refused in turn. */
function named(nameless: readonly Nameless[]): readonly Fix[] {
  return fixOf({
    title: `Name the ${nameless.length === 1 ? 'Enum' : 'Enums'} of ${list(nameless.map(({ column }) => column))}`, safety: 'safe',
    edits: nameless.flatMap(({ file, call, column }) => setKeyword(file, call, 'name', JSON.stringify(column.replace('.', '_')))),
    explanation: 'The name is that of the table and the column. It is what the type is called in Postgres.',
  });
}
