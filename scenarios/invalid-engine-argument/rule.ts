import type { Source } from '../../source/types.ts';
import type { Call } from '../../source/python.ts';
import { argumentsNamed, rewriteArgument, withoutArgument } from '../mechanisms/arguments.ts';
import type { WrittenArgument } from '../mechanisms/arguments.ts';
import { familyOf, inWordsOf, takes } from '../mechanisms/connect-arguments.ts';
import { engineCallsAt } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Edit } from '../../source/types.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'invalid-engine-argument';

/** `Invalid argument(s) 'pool_size','max_overflow' sent to create_engine(), using configuration PGDialect_asyncpg/NullPool/Engine.` */
const INVALID = /^Invalid argument\(s\) (?<names>'[^\n]{1,400}') sent to create_engine\(\), using configuration (?<dialect>\w+)\/(?<pool>\w+)\/\w+/;

/** What create_engine and its pools take: SQLAlchemy's documentation. */
const KNOWN = [
  'connect_args', 'creator', 'echo', 'echo_pool', 'enable_from_linting', 'execution_options', 'future', 'hide_parameters', 'insertmanyvalues_page_size', 'isolation_level', 'json_deserializer', 'json_serializer',
  'label_length', 'logging_name', 'max_identifier_length', 'max_overflow', 'module', 'paramstyle', 'pool', 'poolclass', 'pool_logging_name', 'pool_pre_ping', 'pool_size', 'pool_recycle', 'pool_reset_on_return',
  'pool_timeout', 'pool_use_lifo', 'plugins', 'query_cache_size', 'use_insertmanyvalues',
];
const OF_A_QUEUE = ['pool_size', 'max_overflow', 'pool_timeout', 'pool_use_lifo'];

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The engine is given an argument that it or its pool does not take.',
  detect: (evidence, source) => raised(evidence, ['TypeError'], INVALID).map((seen): Finding => {
    const { names = '', dialect = '', pool = '' } = seen.match?.groups ?? {};
    const wrong = [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
    const own = ownFrameOf(seen);
    const calls = engineCallsAt(source, own);
    const written = wrong.flatMap((name) => argumentsNamed(source, calls, name));
    const ofPool = wrong.every((name) => OF_A_QUEUE.includes(name));
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: written[0]?.file.path ?? own?.file ?? '', line: written[0]?.line ?? own?.line ?? 1, facts: { names: wrong.join(','), pool },
      what: `The engine is built with ${list(wrong)}, which ${ofPool ? `a ${pool} does not take` : 'create_engine does not know'}.`,
      why: ofPool
        ? `${pool} keeps no connections to lend, so it has no size. ${list(wrong)} belong to a QueuePool.`
        : 'create_engine passes its arguments on to the dialect, the pool and the engine, and refuses what none of them takes. Arguments for the driver belong into connect_args.',
      todo: ofPool ? `Leave out ${list(wrong)}, or choose a pool that has a size.` : `Correct or remove ${list(wrong)}.`,
      candidates: candidates(source, calls, wrong, { dialect, ofPool }), explains: [seen.at],
    };
  }),
};

function candidates(source: Source, calls: readonly Call[], wrong: readonly string[], { dialect, ofPool }: { readonly dialect: string; readonly ofPool: boolean }): readonly Fix[] {
  const written = wrong.flatMap((name) => argumentsNamed(source, calls, name));
  if (written.length === 0) return [];
  if (ofPool) return removal(written, 'The pool in use has no size, so nothing is lost: the arguments never had an effect with it.');
  return [...respelt(written), ...intoConnectArgs(calls, written, dialect), ...(written.some(({ name }) => /ssl|tls/i.test(name)) ? [] : removal(written, 'No part of SQLAlchemy takes this argument any more; without it the engine is built with its defaults.'))];
}

function removal(written: readonly WrittenArgument[], explanation: string): readonly Fix[] {
  // Two arguments of one list are taken out one after the other; each knows the list as it is now.
  const whole = withoutAll(written);
  return fixOf({ title: `Build the engine without ${list([...new Set(written.map(({ name }) => name))])}`, safety: 'likely', edits: whole, explanation });
}

/** Removes each, also neighbours, without two edits touching the same comma. */
function withoutAll(written: readonly WrittenArgument[]): readonly Edit[] {
  const edits = written.flatMap(withoutArgument).toSorted((a, b) => a.at - b.at);
  const kept: Edit[] = [];
  for (const edit of edits) {
    const last = kept.at(-1);
    const end = last === undefined || last.file !== edit.file ? -1 : last.at + last.old.length;
    if (edit.at >= end) kept.push(edit);
    else if (edit.at + edit.old.length > end) kept.push({ ...edit, old: edit.old.slice(end - edit.at), at: end });
  }
  return kept;
}

function respelt(written: readonly WrittenArgument[]): readonly Fix[] {
  return written.flatMap((argument) => lookAlikes(argument.name, KNOWN).slice(0, 1).flatMap((name) => fixOf({
    title: `Write ${name} instead of ${argument.name}`, safety: 'likely', edits: rewriteArgument(argument, name, argument.value),
    explanation: `create_engine takes ${name}; ${argument.name} differs from it by a few letters. The value stays.`,
  })));
}

/** An argument that the driver itself takes is moved to where SQLAlchemy passes it on. */
function intoConnectArgs(calls: readonly Call[], written: readonly WrittenArgument[], dialect: string): readonly Fix[] {
  const family = familyOf(/asyncpg/i.test(dialect) ? 'asyncpg' : /psycopg/i.test(dialect) ? 'psycopg' : /sqlite/i.test(dialect) ? 'pysqlite' : undefined);
  const word = (name: string): string | null | undefined => (family === undefined ? undefined : takes(family, name) === true ? name : inWordsOf(family, name));
  // One at a time: what is left is named by the next boot.
  const argument = written.find(({ name, form }) => form === 'keyword' && typeof word(name) === 'string');
  const call = calls.find((each) => argument !== undefined && each.file === argument.file.path && each.start <= argument.node.startIndex && argument.node.endIndex <= each.end);
  if (argument === undefined || call === undefined || call.arguments.some(({ name }) => name === 'connect_args')) return [];
  const edits = replaceSpan(argument.file, { start: argument.node.startIndex, end: argument.node.endIndex }, `connect_args={"${word(argument.name) ?? argument.name}": ${argument.value}}`);
  return fixOf({
    title: `Pass ${argument.name} to the driver in connect_args`, safety: 'safe', edits,
    explanation: `${argument.name} is for the driver, not for the engine; SQLAlchemy hands on what stands in connect_args.`,
  });
}
