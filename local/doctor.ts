/** What `boot-check doctor` says about the embedded runtime: facts only, nothing is installed or changed. */
import { findIsolation } from './namespace.ts';
import { cacheFolders } from './cache.ts';
import { findPostgres } from './postgres.ts';
import { bestPython, findPythons, WANTED } from './python.ts';
import { presentUv } from './tools.ts';

export interface Fact {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence or value. */
  readonly detail: string;
  /** What to do; only when it is not ok. */
  readonly hint?: string;
}

/** Pythons, uv, namespaces, embedded Postgres. Never throws, unless the signal is aborted. */
export async function localFacts(options: { readonly python?: string }, signal: AbortSignal): Promise<readonly Fact[]> {
  const facts = await Promise.all([pythonFact(options.python ?? WANTED, signal), uvFact(), isolationFact(signal), postgresFact()]);
  signal.throwIfAborted();
  return facts;
}

async function pythonFact(wanted: string, signal: AbortSignal): Promise<Fact> {
  const name = 'Python';
  const pythons = await findPythons(signal);
  if (pythons.length === 0) return { name, ok: false, detail: 'none that is 3.11 or newer', hint: `Install Python ${wanted}.` };
  const { python, note } = await bestPython(wanted, signal);
  const others = pythons.filter((other) => other.program !== python.program).map((other) => other.version);
  const detail = `${python.version} at ${python.program}${others.length === 0 ? '' : ` (also ${[...new Set(others)].join(', ')})`}`;
  return note === undefined ? { name, ok: true, detail } : { name, ok: false, detail, hint: `Python ${wanted} is wanted; install it, or use containers.` };
}

async function uvFact(): Promise<Fact> {
  const uv = await presentUv(cacheFolders());
  return { name: 'uv', ok: true, detail: uv ?? 'not here yet; the first run installs it into the cache' };
}

async function isolationFact(signal: AbortSignal): Promise<Fact> {
  const isolation = await findIsolation(signal);
  if (isolation.kind === 'namespace') return { name: 'isolation', ok: true, detail: 'namespaces work: own network, own hosts file, private folders hidden' };
  return {
    name: 'isolation', ok: false, detail: `off: ${isolation.why}`,
    hint: 'The backend would share this machine\'s network and files; use containers for code that you do not trust.',
  };
}

async function postgresFact(): Promise<Fact> {
  try {
    const postgres = await findPostgres();
    return { name: 'embedded Postgres', ok: true, detail: postgres.version };
  } catch (error) {
    const { why, hint } = error as { why?: string; hint?: string };
    return { name: 'embedded Postgres', ok: false, detail: why ?? String(error), hint: hint ?? 'Run `npm ci` again.' };
  }
}
