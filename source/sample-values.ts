/** Texts that satisfy a demand: whether one does, and one that does. Nothing here is random. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import type { Checks } from './checks.ts';
import type { Demand } from './demands.ts';

/** Its type says `default`, what it exports is the class itself. */
const RandExp = createRequire(import.meta.url)('randexp') as new (pattern: string) => { max: number; randInt: (from: number, to: number) => number; gen(): string };

/** A text of an environment variable. Patterns that JavaScript cannot read, and what no check here knows, count as satisfied. */
export function satisfies(demand: Demand, value: string): boolean {
  const { form, checks } = demand;
  if (checks.choices && checks.choices.length > 0 && !/^(list|csv|tuple|dict|object)$/.test(form)) return checks.choices.includes(value);
  if (checks.refused?.includes(value)) return false;
  switch (form) {
    case 'int': return /^[+-]?\d+$/.test(value) && inBounds(Number(value), checks);
    case 'float': return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) && inBounds(Number(value), checks);
    case 'bool': return /^(true|false|1|0|yes|no|on|off|t|f|y|n)$/i.test(value);
    case 'list': case 'tuple': case 'dict': case 'object': return value !== '' && isJson(demand, value);
    case 'url': return urlFits(demand, value);
    case 'email': return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value) && !/\.(test|local|localhost|invalid)$/.test(value);
    case 'text': case 'csv': case 'pairs': case 'import': case 'zone': case 'colour': return value !== '' && textFits(value, checks);
    default: return value !== '' && SHAPES[form].test(value) && textFits(value, checks);
  }
}

const SHAPES: Readonly<Record<'uuid' | 'ip' | 'network' | 'folder' | 'file' | 'datetime' | 'date' | 'time' | 'duration' | 'fernet' | 'base64' | 'hex', RegExp>> = {
  uuid: /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, ip: /^(\d{1,3}\.){3}\d{1,3}$|^[0-9a-f:]*:[0-9a-f:]*$/i, network: /^[\d.]+(\/\d+)?$|:/, folder: /./, file: /^\//,
  datetime: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/, date: /^\d{4}-\d\d-\d\d$/, time: /^\d\d:\d\d/, duration: /^-?P\d*\w|^\d+ days?|^\d\d?:\d\d/, fernet: /^[\w-]{43}=$/, base64: /^[\w+/-]+=*$/, hex: /^([0-9a-f]{2})+$/i,
};

function inBounds(value: number, { ge, gt, le, lt, multipleOf }: Checks): boolean {
  return (ge === undefined || value >= ge) && (gt === undefined || value > gt) && (le === undefined || value <= le) && (lt === undefined || value < lt)
    && (multipleOf === undefined || Math.abs(value / multipleOf - Math.round(value / multipleOf)) < 1e-9);
}

function textFits(value: string, { minLength = 0, maxLength = Infinity, pattern, prefix = '' }: Checks): boolean {
  return value.length >= minLength && value.length <= maxLength && value.startsWith(prefix) && (pattern === undefined || fits(pattern, value));
}

/** Milliseconds. The pattern comes from a tree that nobody vouches for: it may take for ever. */
const PATIENCE = 100;

function fits(pattern: string, value: string): boolean {
  const wanted = expression(pattern);
  if (wanted === undefined) return true;
  try {
    return runInNewContext('wanted.test(value)', { wanted, value }, { timeout: PATIENCE }) === true;
  } catch {
    return false;
  }
}

/** Python's expression as JavaScript's; undefined when it cannot be said there. */
function expression(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern.replaceAll('(?P<', '(?<').replace(/^\\A/, '^').replace(/\\Z$/i, '$'), 'u');
  } catch {
    return undefined;
  }
}

function isJson(demand: Demand, value: string): boolean {
  try {
    return jsonFits(demand, JSON.parse(value));
  } catch {
    return false;
  }
}

function jsonFits({ form, items, checks }: Demand, value: unknown): boolean {
  if (form === 'list') return Array.isArray(value) && value.length >= (checks.minLength ?? 0) && value.length <= (checks.maxLength ?? Infinity) && value.every((each) => items[0] === undefined || scalarFits(items[0].demand, each));
  if (form === 'tuple') return Array.isArray(value) && value.length === items.length && items.every(({ demand }, index) => scalarFits(demand, value[index]));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = new Map(Object.entries(value));
  return items.every(({ name = '', demand }) => entries.has(name) && scalarFits(demand, entries.get(name)));
}

function scalarFits(demand: Demand, value: unknown): boolean {
  return typeof value === 'object' ? jsonFits(demand, value) : satisfies(demand, String(value));
}

// postgresql+asyncpg://… : the driver behind the plus is not part of what is asked for.
function urlFits({ schemes, checks }: Demand, value: string): boolean {
  const scheme = /^(?<scheme>[a-z][\w+.-]*):\/\/[^\s]+/i.exec(value)?.groups?.['scheme']?.split('+')[0];
  return scheme !== undefined && (schemes.length === 0 || schemes.includes(scheme)) && textFits(value, checks);
}

const PORTS: Readonly<Record<string, string>> = {
  redis: 'redis://localhost:6379/0', amqp: 'amqp://guest:guest@localhost:5672/', mongodb: 'mongodb://localhost:27017/app', kafka: 'kafka://localhost:9092', nats: 'nats://localhost:4222', postgresql: 'postgresql://postgres:postgres@localhost:5432/postgres',
  mysql: 'mysql://root:root@localhost:3306/app', mariadb: 'mariadb://root:root@localhost:3306/app', clickhouse: 'clickhouse://localhost:9000/default', ws: 'ws://localhost:8000', http: 'http://localhost:8000', ftp: 'ftp://localhost/', file: 'file:///tmp',
};

/**
 * The first wish that satisfies the demand, else a text made for it.
 * @param word a word to make texts of: the variable's name
 */
export function sampleValue(demand: Demand, wishes: readonly string[], word: string): string {
  const wish = wishes.find((each) => each !== '' && satisfies(demand, each));
  if (wish !== undefined) return wish;
  const { form, checks, items, schemes } = demand;
  if (form === 'csv') return sampleValue(items[0]?.demand ?? { ...demand, form: 'text', checks: {} }, wishes, word);
  if (checks.choices && checks.choices.length > 0 && !/^(list|tuple|dict|object)$/.test(form)) return checks.choices.find((each) => /^(local|dev|development|test)/i.test(each)) ?? checks.choices[0] ?? '';
  switch (form) {
    case 'int': return String(number(checks, 1));
    case 'float': return fraction(number(checks, 0.5));
    case 'bool': return 'false';
    case 'list': return JSON.stringify(Array.from({ length: checks.minLength ?? usualLength(items[0]?.demand) }, (_, index) => json(items[0]?.demand, index, wishes, word)));
    case 'tuple': return JSON.stringify(items.map(({ demand: each }, index) => json(each, index, wishes, word)));
    case 'dict': return '{}';
    case 'object': return JSON.stringify(Object.fromEntries(items.map(({ name = '', demand: each }) => [name, json(each, 0, [], name)])));
    case 'url': return PORTS[schemes[0] ?? 'http'] ?? `${schemes[0] ?? 'http'}://localhost`;
    case 'text': return text(word, checks);
    default: return FIXED[form];
  }
}

const FIXED: Readonly<Record<Exclude<Demand['form'], 'text' | 'int' | 'float' | 'bool' | 'list' | 'tuple' | 'dict' | 'object' | 'url' | 'csv'>, string>> = {
  email: 'admin@example.com', uuid: '00000000-0000-4000-8000-000000000000', ip: '127.0.0.1', network: '127.0.0.0/8', folder: '/tmp', file: '/etc/hosts', datetime: '2030-01-01T00:00:00', date: '2030-01-01', time: '00:00:00', duration: 'PT30S',
  pairs: 'key=value', zone: 'UTC', fernet: Buffer.from(createHash('sha256').update('boot-check').digest()).toString('base64url') + '=', base64: Buffer.from(digest('base64'), 'hex').toString('base64'), hex: digest('hex'), import: 'json.loads', colour: 'black',
};

/** Numbers get one of a kind, so that no reader stumbles over an empty list; texts mean something, so their list stays empty. */
function usualLength(item: Demand | undefined): number {
  return item !== undefined && item.form !== 'text' ? 1 : 0;
}

function json(demand: Demand | undefined, index: number, wishes: readonly string[], word: string): unknown {
  if (demand === undefined) return `${word}-${index}`;
  const value = sampleValue(demand, wishes.filter((each) => !/^[[{]/.test(each)), word);
  if (/^(int|float|bool|list|tuple|dict|object)$/.test(demand.form)) return JSON.parse(value) as unknown;
  const fresh = demand.checks.choices?.[index % demand.checks.choices.length];
  return fresh ?? (index > 0 && demand.form === 'text' ? `${value}-${index}` : value);
}

function number({ ge, gt, le, lt, multipleOf }: Checks, step: number): number {
  const low = ge ?? (gt === undefined ? undefined : gt + (lt === undefined && le === undefined ? 1 : Math.min(step, ((lt ?? le ?? Infinity) - gt) / 2)));
  const value = low ?? Math.min(1, le ?? (lt === undefined ? 1 : lt - step));
  return multipleOf === undefined ? value : Math.ceil(value / multipleOf) * multipleOf;
}

function fraction(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function text(word: string, checks: Checks): string {
  const { minLength = 1, maxLength = Infinity, pattern, prefix = '' } = checks;
  const made = pattern === undefined ? undefined : matching(pattern, checks);
  if (made !== undefined) return made;
  const usual = `${prefix}boot-check-${word.toLowerCase().replaceAll('_', '-')}`;
  const long = usual.length >= minLength ? usual : `${usual}-${digest(word).repeat(Math.ceil(minLength / 64))}`.slice(0, Math.max(minLength, usual.length));
  return long.length <= maxLength ? long : digest(word).repeat(Math.ceil(maxLength / 64)).slice(0, maxLength);
}

/** A text that the pattern takes: the least of everything, then more of it until the length is right. */
function matching(pattern: string, checks: Checks): string | undefined {
  const wanted = expression(pattern);
  // (a{9999}){9999} is a text that nobody wants made.
  const repeated = [...pattern.matchAll(/\{(?<least>\d+)/g)].reduce((product, { groups }) => product * Number(groups?.['least'] ?? 1), 1);
  if (wanted === undefined || repeated > 10_000) return undefined;
  for (const more of [0, 1, 3, 8, 16, 32, 64]) {
    const maker = new RandExp(wanted.source);
    // Choices by the first, repetitions by as much as is still wanted.
    maker.max = more;
    maker.randInt = (from, to) => (to === from + more ? to : from);
    const made = maker.gen();
    if (textFits(made, checks)) return made;
  }
  return undefined;
}

/** 64 hexadecimal characters, long enough for every check of length. */
export function digest(word: string): string {
  return createHash('sha256').update(`boot-check ${word}`).digest('hex');
}
