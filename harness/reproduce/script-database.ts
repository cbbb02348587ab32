/** The part of the script that makes the servers of the run: Postgres with its accounts, databases and the SQL that they are filled with, and Redis. */
import type { Bundle } from './bundle.ts';
import { fed, quoted } from './shell-words.ts';

type Identity = NonNullable<Bundle['facts']['database']>;

/** Seconds that Postgres has to get ready. */
const PATIENCE = 60;

export function serversPart({ facts, options }: Pick<Bundle, 'facts' | 'options'>): string {
  const identities = identitiesOf(facts);
  const port = identities[0]?.port ?? 5432;
  const hosts = [...new Set(['db', ...[...identities, ...(facts.redis ?? [])].map(({ host }) => host)].filter((host) => !isLocal(host)))];
  const password = identities.find(({ user }) => user === ADMIN)?.password ?? ADMIN;
  const databases = made(identities);
  const sql = [
    ...accounts(identities), ...databases.flatMap((name) => created(name, identities)),
  ].map((line) => `${line}\n`).join('');
  return `docker run -d --name "$name-db" --network "$name" ${hosts.map((host) => `--network-alias ${quoted(host)} `).join('')}\\
  -e POSTGRES_PASSWORD=${quoted(password)}${port === 5432 ? '' : ` -e PGPORT=${port}`} "$POSTGRES_IMAGE" >/dev/null
tries=0
until docker exec "$name-db" pg_isready -q -h 127.0.0.1 -p ${port} >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge ${PATIENCE} ] || [ "$(docker inspect -f '{{.State.Running}}' "$name-db")" != true ]; then
    echo "Postgres did not get ready on port ${port} within ${PATIENCE} tries, or ended. Its last lines:" >&2
    docker logs --tail 20 "$name-db" >&2
    exit 1
  fi
  sleep 1
done
psql_as() { docker exec -i "$name-db" psql -q -h 127.0.0.1 -p ${port} -U "$1" -d "$2" >/dev/null; }
${sql === '' ? '' : fed(sql, `psql_as ${ADMIN} ${ADMIN}`, 0)}${filled({ facts, options }, databases)}${redis(facts.redis ?? [])}`;
}

const ADMIN = 'postgres';

/** In the network of Postgres, one server for each port. */
function redis(addresses: NonNullable<Bundle['facts']['redis']>): string {
  const ports = [...new Set(addresses.map(({ port }) => port))];
  return ports.map((port) => `docker run -d --name "$name-redis-${port}" --network "container:$name-db" "$REDIS_IMAGE" redis-server --port ${port} --save '' >/dev/null\n`).join('');
}

export function redisContainers({ redis: addresses = [] }: Bundle['facts']): readonly string[] {
  return [...new Set(addresses.map(({ port }) => `"$name-redis-${port}"`))];
}

/** Every address, account and database that the app asks for, the most certain first. */
function identitiesOf({ databases, database, environment }: Bundle['facts']): readonly Identity[] {
  if (databases !== undefined) return databases;
  const one = database ?? ofEnvironment(environment);
  return one === null ? [] : [one];
}

function made(identities: readonly Identity[]): readonly string[] {
  return [...new Set(identities.map(({ database }) => database))].filter((name) => !['postgres', 'template0', 'template1'].includes(name));
}

/** With the rights that a run gives them: no superusers. */
function accounts(identities: readonly Identity[]): readonly string[] {
  const passwords = new Map(identities.map(({ user, password }) => [user, password]));
  return [...passwords].filter(([user]) => user !== ADMIN).map(([user, password]) => `CREATE ROLE ${named(user)} LOGIN CREATEDB CREATEROLE PASSWORD ${literal(password)};`);
}

function created(name: string, identities: readonly Identity[]): readonly string[] {
  const users = [...new Set(identities.filter(({ database }) => database === name).map(({ user }) => user))];
  const database = `CREATE DATABASE ${named(name)} OWNER ${named(users[0] ?? ADMIN)};`;
  // It has one owner; other accounts that the app uses for it may make tables too.
  return users.length < 2 ? [database] : [database, `\\connect ${named(name)}`, 'GRANT ALL ON SCHEMA public TO PUBLIC;', `\\connect ${ADMIN}`];
}

/** `--database-init`, then what the compose file or the project fills its database with. An error is shown and does not end the script. */
function filled({ facts, options }: Pick<Bundle, 'facts' | 'options'>, databases: readonly string[]): string {
  const said = options.database_init;
  const given = said === null ? [] : (databases.length === 0 ? [ADMIN] : databases).map((name) => ({ sql: said, user: ADMIN, database: name }));
  return [...given, ...(facts.init_scripts ?? [])].map(({ sql, user, database }, at) => fed(sql.endsWith('\n') ? sql : `${sql}\n`, `psql_as ${quoted(user)} ${quoted(database)}`, at + 1)).join('');
}

function named(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '::1' || host === '0.0.0.0';
}

function ofEnvironment(environment: Readonly<Record<string, string>>): Identity | null {
  for (const value of Object.values(environment)) {
    const url = /^postgres/.test(value) ? URL.parse(value) : null;
    if (url && url.hostname !== '') return { host: url.hostname, port: Number(url.port) || 5432, user: decodeURIComponent(url.username) || ADMIN, password: decodeURIComponent(url.password) || ADMIN, database: url.pathname.slice(1) || ADMIN };
  }
  return null;
}
