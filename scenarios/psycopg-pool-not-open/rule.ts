import { importName } from '../../source/edits.ts';
import type { Source } from '../../source/types.ts';
import type { Call } from '../../source/python.ts';
import { serverCalls } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { moduleOfFile } from '../mechanisms/models.ts';
import { atStart, startUpOf } from '../mechanisms/start-up.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'psycopg-pool-not-open';

/** `the pool 'pool-1' is not open yet`, `the pool 'pool-1' is already closed` */
const CLOSED = /the pool '(?<name>[^']{1,100})' is (?:not open yet|already closed)/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A connection is taken from a pool that nobody opened.',
  refines: ['request-fails', 'unknown-failure'],
  detect: (evidence, source) => {
    const seen = raised(evidence, ['PoolClosed'], CLOSED);
    const [first] = seen;
    if (first === undefined) return [];
    const [call] = serverCalls(source, ['psycopg_pool.AsyncConnectionPool', 'psycopg_pool.ConnectionPool', 'psycopg_pool.AsyncNullConnectionPool']);
    const own = ownFrameOf(first);
    return [{
      kind, stage: first.fault.during === 'request' ? 'health' : 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: call?.file ?? own?.file ?? '', line: call?.line ?? own?.line ?? 1, facts: { file: call?.file ?? '' },
      what: `${own?.file ?? 'The code'} takes a connection from a pool that is not open.`,
      why: 'A pool that is made with open=False, and every async pool of newer versions, connects only once open() was called, and needs the event loop of the server for it.',
      todo: 'Open the pool in the lifespan (await pool.open()) and close it there.',
      candidates: call === undefined ? [] : opened(source, call), explains: seen.map(({ at }) => at),
    } satisfies Finding];
  },
};

function opened(source: Source, call: Call): readonly Fix[] {
  const start = startUpOf(source);
  const name = call.assignedTo?.split(':')[0]?.trim();
  const file = source.files.get(call.file);
  const waits = /Async/.test(call.callee);
  const module = file === undefined ? undefined : moduleOfFile(source, file);
  if (start === undefined || file === undefined || name === undefined || call.scope !== '' || !/^\w+$/.test(name) || module === undefined || (waits && !start.async)) return [];
  if (new RegExp(`\\b${name}\\.open\\(`).test(start.node.text)) return [];
  // Where the start-up code knows the module already, it is asked by that name.
  const known = new RegExp(`\\b(?<prefix>\\w+\\.)${name}\\b`).exec(start.file.text)?.groups?.['prefix'];
  const written = file.path === start.file.path ? name : `${known ?? ''}${name}`;
  return fixOf({
    title: `Open ${name} when the app starts`, safety: 'likely', edits: [...atStart(start, [`${waits ? 'await ' : ''}${written}.open()`]), ...(file.path === start.file.path || known !== undefined ? [] : importName(start.file, module, name))],
    explanation: 'The pool connects in the event loop that serves the requests, before the first of them.',
  });
}
