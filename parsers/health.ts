/**
 * The conditions under which a server that is up may be called healthy. Each returns the fault that breaks it, or nothing.
 * A log line alone is never enough, in neither direction.
 */
import type { BootOutput, Probe } from './boot-output.ts';
import { isDatabaseAway, saysNoConnection } from './classify.ts';
import type { Fault } from './evidence.ts';
import { mask } from './mask.ts';
import { summaryOf } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import type { Timeline } from './timeline.ts';

const NOTHING = { chain: [], validation: [], from: -1, to: -1 } as const;

/** Everything that keeps the boot from being healthy, the most telling first. Empty: all conditions hold. */
export function healthFaults(output: BootOutput, found: readonly FoundFault[], timeline: Timeline): Fault[] {
  return [...answerFaults(output), ...databaseFaults(output), ...startupLineFaults(output), ...contradictions(output, found, timeline)];
}

/** Last answer of each path: while the server comes up, refusals are no fault. */
function lastAnswers(probes: readonly Probe[]): Probe[] {
  const last = new Map<string, Probe>();
  for (const probe of probes) last.set(`${probe.from} ${probe.purpose} ${probe.path}`, probe);
  return [...last.values()];
}

function is2xx(probe: Probe): boolean {
  return probe.status !== undefined && probe.status >= 200 && probe.status < 300;
}

function answerFaults(output: BootOutput): Fault[] {
  const answers = lastAnswers(output.probes);
  const failing = answers.filter((probe) => probe.status !== undefined && probe.status >= 500);
  const faults: Probe[] = [...failing];
  for (const from of ['inside', 'outside'] as const) {
    const health = answers.filter((probe) => probe.from === from && probe.purpose === 'health');
    const empty = health.filter(is2xx).every((probe) => isEmptyApi(probe)) && servesNothing(output) ? health.find(is2xx) : undefined;
    if (empty !== undefined) return [{ ...httpFault(empty, 'request'), summary: `GET ${empty.path} answered ${empty.status ?? ''}, and the app has no route of its own` }];
    const own = health.filter(({ path }) => OWN_HEALTH.test(path));
    const refusing = own.some(is2xx) ? undefined : own.find(({ status }) => status === 400 || status === 422);
    if (refusing !== undefined) faults.push(refusing);
    if (health.length === 0 || health.some(is2xx)) continue;
    faults.push(...health.filter((probe) => !faults.includes(probe)).slice(0, 1));
  }
  const unasked = !output.probes.some((probe) => probe.from === 'inside' && probe.purpose === 'health');
  return [...faults.sort(healthFirst).map((probe) => httpFault(probe, 'request')), ...(unasked ? [unaskedFault()] : [])];
}

/**
 * A route of this name that asks for parameters (400, 422) tells nobody whether the app is well, and another route that answers does not make up
 * for it. A health route behind a login (401, 403) may be meant.
 */
const OWN_HEALTH = /(?:^|\/)_?_?health(?:z|s|[-_]?check)?\/?$/i;

/** FastAPI describes an app without routes as readily as any other: `{"openapi":"3.1.0","info":{…},"paths":{}}`. */
function isEmptyApi({ body = '' }: Probe): boolean {
  return /^\s*\{\s*"openapi"/.test(body) && /"paths":\s*\{\s*\}/.test(body);
}

/** All routes are the framework's own. An app whose routes nobody could list gets the benefit of the doubt. */
function servesNothing({ routes }: BootOutput): boolean {
  return routes.length > 0 && routes.every(({ path }) => /(?:^|\/)(?:openapi\.json|docs(?:\/oauth2-redirect)?|redoc)$/.test(path));
}

function healthFirst(a: Probe, b: Probe): number {
  return Number(b.purpose === 'health') - Number(a.purpose === 'health');
}

/** Wanted health paths that gave no 2xx though another one did: a note, not a failure. */
export function healthNotes(output: BootOutput): Fault[] {
  const health = lastAnswers(output.probes).filter((probe) => probe.purpose === 'health');
  return health.filter((probe) => !is2xx(probe) && (probe.status ?? 0) < 500).map((probe) => httpFault(probe, 'background'));
}

function httpFault(probe: Probe, during: Fault['during']): Fault {
  const answer = probe.status === undefined ? `gave no answer (${probe.error ?? 'unknown'})` : `answered ${probe.status}`;
  const outside = probe.from === 'outside' ? ' (asked from outside)' : '';
  const body = summaryOf(mask(probe.body ?? ''));
  const summary = `GET ${probe.path} ${answer}${outside}${body === '' ? '' : `: ${body}`}`;
  return { ...NOTHING, form: 'http', during, summary, text: `GET ${probe.path} ${answer}${outside}\n${mask(probe.body ?? '')}`.trimEnd(), http: factsOf(probe) };
}

/** The part of a probe that a fault carries. */
export function factsOf(probe: Probe): NonNullable<Fault['http']> {
  return {
    path: probe.path, purpose: probe.purpose,
    ...(probe.status === undefined ? {} : { status: probe.status }), ...(probe.error === undefined ? {} : { error: probe.error }),
  };
}

function unaskedFault(): Fault {
  const summary = 'The server never answered a health request';
  return { ...NOTHING, form: 'http', during: 'start', summary, text: summary, http: { path: '', error: 'never asked', purpose: 'health' } };
}

/**
 * An app that built an engine or tried a connection uses a database; it works when Postgres accepted a session of the app or the app's
 * own engines run `SELECT 1`. A session that was accepted once proves nothing any more when every engine now says that the database is gone.
 */
function databaseFaults(output: BootOutput): Fault[] {
  const { engines, sessions, connections } = output.database;
  if (engines.length === 0 && connections === 0) return [];
  const failed = engines.filter((engine) => !engine.ok);
  const gone = engines.length > 0 && failed.length === engines.length && failed.every((engine) => saysNoConnection(engine.error ?? '') || saysGone(engine.error ?? ''));
  if (sessions > 0 ? !gone : engines.length > 0 && failed.length === 0) return [];
  const lines = failed.map((engine) => mask(`${engine.url}: ${engine.error ?? 'SELECT 1 did not work'}`));
  const first = lines[0] ?? `${connections} connection${connections === 1 ? '' : 's'} tried, no session accepted`;
  const summary = summaryOf(`The app's database access does not work: ${first}`);
  return [{ ...NOTHING, form: 'database', during: 'background', summary, text: [summary, ...lines].join('\n') }];
}

/** `terminating connection due to administrator command`, `connection is closed`, a bare time-out */
function saysGone(error: string): boolean {
  return /terminating connection|connection (?:is|was) closed|closed unexpectedly|timed? ?out|shutting down|Errno 111/i.test(error);
}

function startupLineFaults(output: BootOutput): Fault[] {
  if (output.markers.complete) return [];
  const summary = 'The server answers, but never said "Application startup complete."';
  return [{ ...NOTHING, form: 'log', during: 'background', summary, text: summary }];
}

/**
 * Records that say the server is not what it seems: an exception while answering a probe, a start step that failed on the database and
 * was swallowed, and one that broke on a mistake in the code. Other ERROR records of an app that works (a cache that is optional, a background task) stay notes.
 */
function contradictions({ probes }: BootOutput, found: readonly FoundFault[], timeline: Timeline): Fault[] {
  const faults = found.map(({ fault }) => fault);
  const inRequests = faults.filter((fault) => fault.form === 'exception' && fault.during === 'request');
  const refusals = probes.filter(({ status }) => status !== undefined && status >= 400 && status < 500).length;
  const refuses = inRequests.length <= refusals && probes.every(({ status }) => status === undefined || status < 500);
  return faults.filter((fault) => {
    if (inRequests.includes(fault)) return !(refuses && isRefusal(fault));
    return fault.during === 'background' && (isDatabaseAway(fault) || isBrokenStep(fault, timeline));
  });
}

/** An app may raise, and log, what it then answers with: 404 for a path that it does not have, 401 for who is not logged in. */
function isRefusal(fault: Fault): boolean {
  return !isDatabaseAway(fault) && fault.chain.every(({ type }) => !MISTAKE.test(type) && !OF_DATABASE.test(type));
}

/** What the database says is no answer of the app, whatever it makes of it; that nothing was found is. */
const OF_DATABASE = /^(?:asyncpg|psycopg2?|sqlalchemy|sqlite3|aiosqlite|tortoise)\.(?!.*\b(?:NoResultFound|DoesNotExist)$)/;

/** Mistakes in the code. What is missing outside of it (a service, a file, an optional package) may well be no fault. */
const MISTAKE = /(?:^|\.)(?:AttributeError|TypeError|NameError|UnboundLocalError)$|^sqlalchemy\.(?:exc|orm\.exc)\.(?:InvalidRequestError|ArgumentError|ObjectNotExecutableError|NoReferencedTableError|NoReferencedColumnError|NoForeignKeysError|AmbiguousForeignKeysError|MissingGreenlet|CompileError|ProgrammingError)$/;

/** A step of the start-up that was logged with its traceback and forgotten: printed between the two start-up lines, below the lifespan of the tree. */
function isBrokenStep(fault: Fault, { waiting, complete }: Timeline): boolean {
  const last = fault.chain.at(-1);
  if (fault.form !== 'exception' || last === undefined || waiting === -1 || fault.from < waiting || fault.from > complete) return false;
  return MISTAKE.test(last.type) && last.frames[0]?.owner === 'tree';
}
