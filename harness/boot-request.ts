/** What to boot, from what the tree and the user say: a Source becomes a BootRequest and a DatabasePlan. */
import type { BootRequest, DatabasePlan } from '../agent/runtime.ts';
import { databaseIdentities, databaseUrls, identityOfUrl, knownValues } from '../source/database.ts';
import type { EnvironmentPlan } from '../source/environment.ts';
import { planEnvironment } from '../source/environment.ts';
import { databasesMade, initScripts } from '../source/init-scripts.ts';
import type { InitScripts } from '../source/init-scripts.ts';
import { sqlSchema } from '../source/sql-schema.ts';
import { healthPaths } from '../source/routes.ts';
import type { DatabaseIdentity, InitScript, Source } from '../source/types.ts';
import type { Lifespan } from './lifespan.ts';
import type { RunOptions } from './options.ts';

/** Seconds that attempts and the restart are watched after their health answer. What dies later is caught by the first boot of the confirmation. */
export const SHORT_SETTLE = 0.5;

/** How the attempts are started (R1): the app's own process, one worker, no reload, lifespan errors not swallowed. */
function attemptCommand({ app, factory, port }: Source['run'], lifespan: Lifespan): readonly string[] {
  return [
    'python', '-m', 'uvicorn', app, ...(factory ? ['--factory'] : []),
    '--lifespan', lifespan, '--host', '127.0.0.1', '--port', String(port), '--no-use-colors', '--log-level', 'info',
  ];
}

/** What the environment of the process is made of. */
export function environmentOf(source: Source): EnvironmentPlan {
  return planEnvironment(source);
}

/** An instrumented attempt on an empty database. @param settle seconds it must stay alive after its health answer */
export function attemptRequest(source: Source, { bootTimeout }: Pick<RunOptions, 'bootTimeout'>, settle: number, lifespan: Lifespan = 'on'): BootRequest {
  const { run } = source;
  return {
    install: source.install, command: attemptCommand(run, lifespan), cwd: run.cwd, pythonPath: run.pythonPath,
    env: { ...environmentOf(source).env, ...run.env }, port: run.port, healthPaths: healthPaths(source), findHealth: !run.healthNamed, instrument: true, freshDatabase: true,
    outside: false, routes: [], bootTimeout, settle,
  };
}

/** The user's own command, nothing of ours loaded, asked from the host as well. The restart finds the database as the first start left it. */
export function confirmRequest(source: Source, options: Pick<RunOptions, 'bootTimeout' | 'settle'>, again: boolean, routes: readonly string[]): BootRequest {
  return {
    ...attemptRequest(source, options, again ? Math.min(options.settle, SHORT_SETTLE) : options.settle), command: source.run.command, instrument: false, freshDatabase: !again, outside: true, routes,
  };
}

/** The Postgres that the app's settings and code ask for; exactly the stated one, under every address it is published at, when it was stated (R22). */
export function databasePlan(source: Source, initSql: string | undefined): DatabasePlan {
  const env = { ...environmentOf(source).env, ...source.run.env };
  const channelBinding = bindingUsers(source, env);
  const identities = databaseIdentities(source, env);
  const { scripts } = fillings(source, identities);
  return {
    mode: source.run.stated === undefined ? 'adapts' : 'stated', identities: [...identities, ...filledBy(scripts, identities)],
    ...(channelBinding.length === 0 ? {} : { channelBinding }), ...(initSql === undefined ? {} : { initSql }), ...(scripts.length === 0 ? {} : { initScripts: scripts }),
  };
}

interface Fillings extends InitScripts {
  /** Why each script is run, as the end of a sentence. */
  readonly why: string;
}

/** What the compose file has its Postgres run, else what the project keeps as plain SQL. A stated database has no scripts of compose: they may make another one. */
function fillings(source: Source, [app]: readonly DatabaseIdentity[]): Fillings {
  const compose = source.run.stated === undefined && app !== undefined ? initScripts(source) : { scripts: [], left: [] };
  if (app === undefined || compose.scripts.length + compose.left.length > 0) return { ...compose, why: ', as the compose file has its Postgres do' };
  const { user, password, database } = app;
  return { scripts: sqlSchema(source).map((file) => ({ ...file, user, password, database })), left: [], why: ': nothing else in the project makes its tables' };
}

/** The databases that the scripts begin in and make: each boot finds them new, like the app's own. */
function filledBy(scripts: readonly InitScript[], [first, ...more]: readonly DatabaseIdentity[]): readonly DatabaseIdentity[] {
  if (first === undefined) return [];
  const known = new Set([first, ...more].map(({ database }) => database));
  const named = scripts.flatMap(({ sql, user, password, database }) => [database, ...databasesMade(sql)].map((name) => ({ ...first, user, password, database: name })));
  const [owner] = named;
  const role = owner !== undefined && ![first, ...more].some(({ user }) => user === owner.user) ? [{ ...owner, database: first.database }] : [];
  return [...role, ...new Map(named.filter(({ database }) => !known.has(database)).map((one) => [one.database, one])).values()];
}

/** One sentence for each script that the sandbox's Postgres is filled with, or is not. */
export function fillingsOf(source: Source): readonly string[] {
  const { scripts, left, why } = fillings(source, databaseIdentities(source, { ...environmentOf(source).env, ...source.run.env }));
  return [
    ...scripts.map(({ path, database }) => `${path} is run on the sandbox's database ${database} first${why}.`),
    ...left.map((path) => `${path} fills the Postgres of the compose file and is not run: it does more than hand SQL to psql.`),
  ];
}

function bindingUsers(source: Source, env: Readonly<Record<string, string>>): readonly string[] {
  const urls = [...knownValues(source, env).values(), ...databaseUrls(source).map(({ url }) => url)];
  return [...new Set(urls.filter((url) => /[?&]channel_binding=require\b/.test(url)).flatMap((url) => identityOfUrl(url)?.user ?? []))];
}
