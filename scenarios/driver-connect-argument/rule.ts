import type { Evidence } from '../../parsers/evidence.ts';
import { lineAt } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { connectArguments, familyOf, partsNamed, toFamily } from '../mechanisms/connect-arguments.ts';
import type { DriverFamily } from '../mechanisms/connect-arguments.ts';
import { settingsUrls } from '../mechanisms/drivers.ts';
import { passesThrough, raised, said } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { databasePlace, poolTimeout } from '../mechanisms/stated-database.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'driver-connect-argument';

/** `connect() got an unexpected keyword argument 'check_same_thread'`, `Connection() got …`, `'sslmode' is an invalid keyword argument for Connection()` */
const UNEXPECTED = /\b(?:connect|Connection|__init__|create_pool)\(\) got an unexpected keyword argument '(?<name>\w+)'|'(?<other>\w+)' is an invalid keyword argument for (?:this function|Connection\(\)|connect\(\))/;
/** `invalid dsn: invalid connection option "command_timeout"` */
const OPTION = /invalid (?:connection|URI) (?:option|query parameter):? "(?<name>\w+)"/;

/** Which driver refused, by the files its traceback passes through. */
const DRIVERS: readonly (readonly [string, string])[] = [
  ['dialects/postgresql/asyncpg', 'asyncpg'], ['/asyncpg/', 'asyncpg'], ['psycopg', 'psycopg'], ['aiosqlite', 'aiosqlite'], ['dialects/sqlite', 'pysqlite'], ['sqlalchemy/engine/default', 'pysqlite'],
];

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The driver is given an argument that only another driver knows.',
  detect: (evidence, source) => [
    ...seen(evidence).map(({ one, name, family }) => findingFor(one.at, name, family, source)),
    ...said(evidence, ['log'], OPTION).flatMap(({ at, fault, match }) => (fault.text.startsWith('psycopg_pool: ') ? [findingFor(poolTimeout(evidence, fault.text) ?? at, match.groups?.['name'] ?? '', 'libpq', source)] : [])),
  ],
};

function seen(evidence: Evidence): readonly { readonly one: Seen; readonly name: string; readonly family: DriverFamily }[] {
  return [...raised(evidence, ['TypeError'], UNEXPECTED), ...raised(evidence, ['ProgrammingError'], OPTION)].flatMap((one) => {
    const name = one.match?.groups?.['name'] ?? one.match?.groups?.['other'];
    const driver = /psycopg/.test(one.exception.type) ? 'psycopg' : DRIVERS.find(([part]) => one.fault.chain.some((link) => passesThrough(link, part)))?.[1];
    const family = familyOf(driver);
    return name === undefined || family === undefined ? [] : [{ one, name, family }];
  });
}

function findingFor(at: number, name: string, family: DriverFamily, source: Source): Finding {
  const [argument] = connectArguments(source, name);
  const [part] = settingsUrls(source, family === 'sqlite' ? 'sqlite' : 'postgresql').flatMap((url) => partsNamed(url, name));
  const candidates = toFamily(source, family, name);
  const edit = candidates[0]?.edits[0];
  const edited = source.files.get(edit?.file ?? '');
  const place = argument !== undefined ? { file: argument.file.path, line: argument.line } : part !== undefined ? { file: part.url.file, line: part.url.line } : edit !== undefined && edited !== undefined ? { file: edit.file, line: lineAt(edited.text, edit.at) } : databasePlace(source);
  const driver = { asyncpg: 'asyncpg', libpq: 'psycopg', sqlite: 'SQLite' }[family];
  return {
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...place, facts: { name, driver },
    what: `${place.file} gives ${driver} the argument ${name}, which it does not know, so no connection can be made.`,
    why: `connect_args and the query of the URL are passed on to the driver as they are. ${name} belongs to another driver, left over from before the database or the driver was changed.`,
    todo: `Remove ${name}, or say it in the words of ${driver}.`,
    candidates, explains: [at],
  };
}
