import type { Evidence } from '../../parsers/evidence.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { lackOf, neededService } from '../mechanisms/needed-services.ts';
import { postgresFaults } from '../mechanisms/stated-database.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'service-connection-refused';

/** `[Errno 111] Connect call failed ('127.0.0.1', 5673)`, `Error 111 connecting to cache:6379. Connection refused.`, `[Errno -2] Name or service not known` */
const AWAY = /Connect call failed|Connection refused|Name or service not known|Temporary failure in name resolution|nodename nor servname|No route to host|Network is unreachable|All connection attempts failed|Unable to bootstrap from|ServerSelectionTimeout|timed out/i;
const TYPES = /Connect|gaierror|Timeout|OSError|ServerSelection|Operational|NewConnection|MaxRetry|Transport|Kafka|AMQP|Broker/;
/** `('127.0.0.1', 5673)`, `cache:6379`, `host='licence.example', port=443` */
const ADDRESS = /\('(?<ip>[\w.:-]{1,100})', (?<port>\d{1,5})|connecting to (?<pair>[\w.-]{1,100}:\d{1,5})|host='(?<host>[\w.-]{1,100})', port=(?<number>\d{1,5})/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The start-up needs another service, and that service does not answer.',
  refines: ['unknown-failure', 'request-fails'],
  detect: (evidence, source) => away(evidence).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const groups = ADDRESS.exec(seen.exception.message.slice(0, 2_000))?.groups;
    const address = groups?.['pair'] ?? (groups?.['ip'] === undefined ? groups?.['host'] === undefined ? undefined : `${groups['host']}:${groups['number'] ?? ''}` : `${groups['ip']}:${groups['port'] ?? ''}`);
    const need = neededService(source, seen.fault.text);
    return {
      kind, stage: 'connect', severity: 'CRITICAL', category: 'CONFIG', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { file: own?.file ?? '', function: own?.function ?? '' },
      what: `${own?.file ?? 'The code'} ${need === undefined ? `connects to a service that does not answer${address === undefined ? '' : ` at ${address}`}` : `needs ${lackOf(need)}`}: ${firstLine(`${seen.exception.type}: ${seen.exception.message}`, 160)}`,
      why: 'The service is not part of the project, is not running, or is looked for under an address that leads nowhere from here. A run reaches nothing outside of its sandbox.',
      todo: 'Start the service before the server and check its address in the settings; or let the server start without it.',
      candidates: [], explains: [seen.at],
    };
  }),
};

/** Connections of the tree's own code that are no database connections. */
function away(evidence: Evidence): readonly Seen[] {
  const databases = new Set(postgresFaults(evidence, AWAY).map(({ at }) => at));
  return raised(evidence, [], AWAY).filter((seen) => TYPES.test(seen.exception.type) && !databases.has(seen.at) && seen.fault.during !== 'background' && seen.fault.during !== 'shutdown' && ownFrameOf(seen) !== undefined);
}
