/** Which services besides Postgres the app asks for, at which address, and where it says so (R22). */
import { callsOf } from './calls.ts';
import { composeServices } from './compose.ts';
import { knownValues, schemeOf } from './database.ts';
import { isAside } from './import-roots.ts';
import { importNodes } from './imports.ts';
import { isPython, lineAt, nodesOf, stringSpan, stringValue } from './syntax.ts';
import type { ServiceNeed, Source, SourceFile } from './types.ts';

interface Kind {
  readonly service: string;
  readonly port: number;
  /** Of a URL. */
  readonly scheme: RegExp;
  /** What a variable's name holds. */
  readonly variable: RegExp;
  /** Name of an image, without registry and tag. */
  readonly image: RegExp;
  /** Clients that go to localhost when nobody tells them an address. */
  readonly modules: readonly string[];
}

/** Names that only their makers could choose: a scheme, a usual port, an image. */
const KINDS: readonly Kind[] = [
  { service: 'Redis', port: 6379, scheme: /^(rediss?|valkeys?)$/, variable: /REDIS|VALKEY/, image: /redis|valkey|keydb|dragonfly/, modules: ['redis', 'aioredis', 'valkey', 'coredis', 'arq', 'aredis', 'redis_om'] },
  { service: 'MySQL', port: 3306, scheme: /^(mysql|mariadb)$/, variable: /MYSQL|MARIADB/, image: /mysql|mariadb|percona/, modules: [] },
  { service: 'MongoDB', port: 27_017, scheme: /^mongodb$/, variable: /MONGO/, image: /mongo/, modules: ['motor', 'pymongo', 'beanie'] },
  { service: 'RabbitMQ', port: 5672, scheme: /^(amqps?|pyamqp)$/, variable: /RABBIT|AMQP/, image: /rabbitmq/, modules: ['aio_pika', 'pika', 'aiormq'] },
  { service: 'Kafka', port: 9092, scheme: /^kafka$/, variable: /KAFKA|REDPANDA/, image: /kafka|redpanda/, modules: ['aiokafka', 'confluent_kafka', 'kafka'] },
  { service: 'Elasticsearch', port: 9200, scheme: /^elasticsearch$/, variable: /ELASTIC|OPENSEARCH/, image: /elasticsearch|opensearch/, modules: ['elasticsearch', 'opensearchpy'] },
  { service: 'Memcached', port: 11_211, scheme: /^memcached?$/, variable: /MEMCACHE/, image: /memcached/, modules: ['aiomcache', 'pymemcache'] },
  { service: 'NATS', port: 4222, scheme: /^nats$/, variable: /(^|_)NATS/, image: /nats/, modules: ['nats'] },
  { service: 'Neo4j', port: 7687, scheme: /^(neo4j|bolt)$/, variable: /NEO4J/, image: /neo4j/, modules: ['neo4j'] },
  { service: 'ClickHouse', port: 8123, scheme: /^clickhouse$/, variable: /CLICKHOUSE/, image: /clickhouse/, modules: ['clickhouse_connect'] },
];

/** The service that the sandbox has besides Postgres. */
export const REDIS = 'Redis';

/**
 * Every address at which the app may look for a service, without duplicates: values and defaults of variables, the tree's compose file,
 * addresses in the code, and the client's own default where it is imported and nothing else is said.
 */
export function serviceNeeds(source: Source, env: Readonly<Record<string, string>>): readonly ServiceNeed[] {
  const known = knownValues(source, env);
  const said = [...fromVariables(known), ...fromCode(source), ...fromCompose(source)];
  const all = [...said, ...fromImports(source, new Set(said.map(({ service }) => service)))];
  const seen = new Set<string>();
  return all.filter(({ service, host, port }) => {
    const key = `${service} ${host}:${port}`;
    return /^[\w.-]+$/.test(host) && port > 0 && port < 65_536 && !seen.has(key) && seen.add(key) !== undefined;
  });
}

function fromVariables(known: ReadonlyMap<string, string>): readonly ServiceNeed[] {
  return [...known].flatMap(([name, value]): readonly ServiceNeed[] => {
    const byUrl = needsOfUrl(value, name);
    if (byUrl.length > 0) return byUrl;
    const kind = KINDS.find(({ variable }) => variable.test(name.toUpperCase()));
    if (kind === undefined) return [];
    // ELASTIC_URL=http://search:9200 · KAFKA_BOOTSTRAP_SERVERS=one:9092,two:9092
    const hosts = value.replace(/^https?:\/\/(?:[^@/]*@)?/, '').replace(/\/.*$/, '').split(',').map((each) => HOST_PORT.exec(each.trim())?.groups);
    if (hosts.every((each) => each !== undefined)) return hosts.map((each) => ({ service: kind.service, host: each['host'] ?? '', port: Number(each['port']), from: name }));
    if (!/(HOST|HOSTNAME|SERVER|ADDRESS)$/i.test(name) || !/^[\w.-]+$/.test(value)) return [];
    const port = known.get(name.replace(/(HOST|HOSTNAME|SERVER|ADDRESS)$/i, (word) => (word === word.toLowerCase() ? 'port' : 'PORT')));
    return [{ service: kind.service, host: value, port: Number(port ?? kind.port) || kind.port, from: name }];
  });
}

// one:9092
const HOST_PORT = /^(?<host>[\w.-]+):(?<port>\d{2,5})$/;
// redis://:secret@cache:6379/0 · mongodb://a:1,b:2/app
const URL = /^[\w+]+:\/\/(?:[^@/?#]*@)?(?<hosts>[^/?#]*)/;

function needsOfUrl(value: string, from: string): readonly ServiceNeed[] {
  const scheme = schemeOf(value).split('+')[0] ?? '';
  const kind = scheme === '' ? undefined : KINDS.find((each) => each.scheme.test(scheme));
  if (kind === undefined) return [];
  const hosts = URL.exec(value)?.groups?.['hosts'] ?? '';
  return hosts.split(',').map((each) => {
    const [host = '', port] = each.split(':');
    return { service: kind.service, host: host === '' ? 'localhost' : host, port: Number(port ?? kind.port) || kind.port, from };
  });
}

const CONSTRUCTORS: Readonly<Record<string, readonly string[]>> = { Redis: ['Redis', 'StrictRedis', 'ConnectionPool', 'BlockingConnectionPool', 'RedisSettings', 'RedisBackend', 'Valkey'] };

function fromCode(source: Source): readonly ServiceNeed[] {
  return ownFiles(source).flatMap((file) => {
    const urls = KINDS.some(({ scheme }) => new RegExp(scheme.source.replace(/^\^|\$$/g, '') + '(\\+\\w+)?://').test(file.text))
      ? nodesOf(file, 'string').flatMap((node) => {
        const span = stringSpan(node);
        const value = stringValue(node);
        return span === undefined || value === undefined ? [] : needsOfUrl(value, `${file.path}:${lineAt(file.text, span.start)}`);
      })
      : [];
    const calls = callsOf(file, CONSTRUCTORS[REDIS]).flatMap((call): readonly ServiceNeed[] => {
      const word = (name: string) => call.arguments.find((argument) => argument.name === name);
      const host = stringValue(word('host')?.valueNode ?? null);
      return host === undefined ? [] : [{ service: REDIS, host, port: Number(word('port')?.value ?? 6379) || 6379, from: `${file.path}:${call.line}` }];
    });
    return [...urls, ...calls];
  });
}

/** Under its service name, and on this machine where its port is published. */
function fromCompose(source: Source): readonly ServiceNeed[] {
  return composeServices(new Map([...(source.outside ?? []), ...source.files])).flatMap(({ name, image, ports }): readonly ServiceNeed[] => {
    const plain = image.replace(/[:@].*$/, '').split('/').slice(-2).join('/');
    const kind = KINDS.find((each) => each.image.test(plain));
    if (kind === undefined || /exporter|commander|insight|express|[-_]ui\b|admin/.test(plain)) return [];
    const published = ports.filter(({ container }) => container === kind.port).map(({ host }) => ({ host: 'localhost', port: host }));
    return [{ host: name, port: kind.port }, ...published].map((address) => ({ service: kind.service, ...address, from: `compose service ${name}` }));
  });
}

function fromImports(source: Source, known: ReadonlySet<string>): readonly ServiceNeed[] {
  const left = KINDS.filter(({ service, modules }) => modules.length > 0 && !known.has(service));
  if (left.length === 0) return [];
  return ownFiles(source).flatMap((file) => importNodes(file).flatMap((statement) => {
    const modules = (statement.from ? [statement.written] : statement.names.map(({ name }) => name)).map((module) => module.split('.')[0] ?? '');
    return left.filter((kind) => modules.some((module) => kind.modules.includes(module)))
      .map(({ service, port }) => ({ service, host: 'localhost', port, from: file.path }));
  }));
}

function ownFiles(source: Source): readonly SourceFile[] {
  return [...source.files.values()].filter((file) => isPython(file) && !isAside(file.path));
}
