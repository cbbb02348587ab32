import type { Evidence } from '../../parsers/evidence.ts';
import { lineAt } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { mappedClasses, registered } from '../mechanisms/models.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { orderOf } from '../mechanisms/reach.ts';
import { createAllCalls, hasMigrations } from '../mechanisms/table-creation.ts';
import { callUnused, createAtStart } from '../mechanisms/table-steps.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'relation-does-not-exist';

/** `relation "users" does not exist`; SQLite: `no such table: users` */
const NO_TABLE = /relation "(?<table>[^"]{1,200})" does not exist|no such table: (?<lite>[\w.]+)/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The code asks for a table that nobody created.',
  refines: ['request-fails'],
  detect: (evidence, source) => byTable(evidence).map(([table, all]): Finding => {
    const [seen] = all;
    const own = seen === undefined ? undefined : ownFrameOf(seen);
    const name = table.split('.').at(-1) ?? table;
    const model = mappedClasses(source).find((each) => each.table === name);
    const migrated = hasMigrations(source);
    const fixes = seen === undefined ? [] : candidates(source, seen, table);
    const place = placeOf(source, fixes[0]) ?? (model === undefined ? own : { file: model.file.path, line: model.line });
    return {
      kind, stage: seen?.fault.during === 'request' ? 'health' : 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: place?.file ?? '', ...(place === undefined ? {} : { line: place.line }), facts: { table },
      what: `${own?.file ?? 'The code'} asks for the table ${table}, and the database has none of that name.`,
      why: model === undefined
        ? 'No mapped class of the tree describes such a table, so neither create_all nor a migration made from the models creates it.'
        : migrated ? `${model.file.path} describes the table, and no migration that ran creates it.` : `${model.file.path} describes the table, but describing is not creating: nothing created it before it was used.`,
      todo: migrated ? 'Write the migration that creates the table, and run alembic upgrade head before the server.' : `Create the tables in the start-up code, once all models are imported, or with migrations.`,
      candidates: fixes, explains: all.map(({ at }) => at),
    };
  }),
};

function byTable(evidence: Evidence): readonly (readonly [string, readonly Seen[]])[] {
  return [...Map.groupBy(raised(evidence, [], NO_TABLE), ({ match }) => match?.groups?.['table'] ?? match?.groups?.['lite'] ?? '')];
}

function candidates(source: Source, seen: Seen, table: string): readonly Fix[] {
  const name = table.split('.').at(-1) ?? table;
  const model = mappedClasses(source).find((each) => each.table === name);
  if (model === undefined) return respelt(source, seen, name);
  const creates = createAllCalls(source);
  const unknown = isLoaded(source, model.file.path) ? [] : registered(source, model);
  const steps = hasMigrations(source) ? [] : creates.length > 0 ? callUnused(source, creates) : createAtStart(source);
  return [...unknown, ...steps];
}

/** Where the first candidate changes something: there the step is missing. */
function placeOf(source: Source, fix: Fix | undefined): { readonly file: string; readonly line: number } | undefined {
  const edit = fix?.edits[0];
  const text = source.files.get(edit?.file ?? '')?.text;
  return edit === undefined || text === undefined ? undefined : { file: edit.file, line: lineAt(text, edit.at) };
}

/** Without a target nothing is known of the order, and nothing is said against it. */
function isLoaded(source: Source, path: string): boolean {
  return orderOf(source)?.files.includes(path) ?? true;
}

/** SQL of the failing line that names a table of the tree in another spelling. */
function respelt(source: Source, seen: Seen, name: string): readonly Fix[] {
  const own = ownFrameOf(seen);
  const file = source.files.get(own?.file ?? '');
  const lines = file?.text.split('\n') ?? [];
  const line = lines[(own?.line ?? 0) - 1] ?? '';
  const start = lines.slice(0, (own?.line ?? 1) - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const found = new RegExp(`(?:FROM|JOIN|INTO|UPDATE)\\s+"?(?<table>${name})\\b`, 'i').exec(line);
  if (file === undefined || found === null) return [];
  return lookAlikes(name, mappedClasses(source).map(({ table }) => table)).flatMap((right) => fixOf({
    title: `Ask for ${right} instead of ${name}`, safety: 'likely', edits: [{ file: file.path, old: name, new: right, at: start + found.index + found[0].length - name.length }],
    explanation: `${right} is a table of this tree; ${name} differs from it by a few letters.`,
  }));
}
