/** The five success checks, each with what was seen, from the last boot of the tree as it was left. */
import { stageRank } from '../../parsers/boot-output.ts';
import type { BootOutput, Probe, Stage } from '../../parsers/boot-output.ts';
import type { Checks } from './schema.ts';
import type { BootRecord, LoopResult } from '../types.ts';

type Check = Checks['health'];

const NOT_BOOTED: Check = { ok: false, evidence: 'Not booted.' };

/**
 * The last boot of the tree as it was left, as the loop knows it; by what is known of the boots otherwise: the confirmation or the restart behind it, else the boot that kept the last fix.
 * Boots that left a fix out or tried one that was put back show another tree.
 */
export function finalBoot({ boots, kept, final }: Pick<LoopResult, 'boots' | 'kept' | 'final'>): BootRecord | undefined {
  const known = boots.find(({ number }) => number === final);
  if (known) return known;
  const confirmed = boots.findLast(({ purpose }) => purpose === 'confirm' || purpose === 'restart');
  const lastKept = Math.max(1, ...kept.map(({ after }) => after));
  return confirmed ?? boots.find(({ number }) => number === lastKept) ?? boots[0];
}

export function buildChecks(result: Pick<LoopResult, 'boots' | 'kept' | 'final'>): Checks {
  const { boots } = result;
  const last = finalBoot(result);
  if (!last) {
    return {
      no_import_error: NOT_BOOTED, database_engine: NOT_BOOTED, app_loaded: NOT_BOOTED, health: NOT_BOOTED, startup_complete: NOT_BOOTED,
    };
  }
  return {
    no_import_error: importCheck(last),
    database_engine: databaseCheck(last, boots),
    app_loaded: loadedCheck(last),
    health: healthCheck(answering(last, boots)),
    startup_complete: completeCheck(last),
  };
}

function importCheck(boot: BootRecord): Check {
  const ok = isPast(boot, 'import');
  const seconds = boot.output.timings.import;
  const took = seconds === undefined ? '' : ` in ${seconds.toFixed(2)} s`;
  return { ok, evidence: ok ? `Boot ${boot.number}: all modules were imported${took}.` : stopped(boot) };
}

/** The confirmation runs without our watch module, so what the app's engines answered comes from the last boot that had it. */
function databaseCheck(last: BootRecord, boots: readonly BootRecord[]): Check {
  const { sessions, connections } = last.output.database;
  const watched = boots.findLast((boot) => boot.output.database.engines.length > 0);
  const engines = watched?.output.database.engines ?? [];
  const broken = engines.find((engine) => !engine.ok);
  if (sessions > 0) {
    const count = sessions === 1 ? 'a session' : `${sessions} sessions`;
    return { ok: isPast(last, 'connect'), evidence: `Boot ${last.number}: Postgres accepted ${count} from the app.` };
  }
  if (broken) return { ok: false, evidence: `Boot ${watched?.number}: SELECT 1 through the app's engine failed: ${broken.error ?? 'no reason given'}` };
  if (engines.length > 0) return { ok: isPast(last, 'connect'), evidence: `Boot ${watched?.number}: SELECT 1 through the app's own engine worked.` };
  if (connections > 0) return { ok: false, evidence: `Boot ${last.number}: the app called the database and got no session.` };
  if (!isPast(last, 'connect')) return { ok: false, evidence: stopped(last) };
  return { ok: true, evidence: `Boot ${last.number}: the app built no database engine and opened no connection to one.` };
}

function loadedCheck(boot: BootRecord): Check {
  const { markers, command } = boot.output;
  const ok = markers.waiting || markers.complete || isPast(boot, 'connect');
  return { ok, evidence: ok ? `Boot ${boot.number}: the server loaded the app (${command.join(' ')}).` : stopped(boot) };
}

/** The confirmation was asked from outside as well, so when all is well it says more than the restart behind it. */
function answering(last: BootRecord, boots: readonly BootRecord[]): BootRecord {
  if (last.evidence.stage !== 'healthy') return last;
  return boots.findLast(({ evidence, output }) => evidence.stage === 'healthy' && output.probes.some(({ from }) => from === 'outside')) ?? last;
}

/** The path that answered for the app's health in the last boot that came so far: it is the wanted one only where that one answers. */
export function answeringPath(boots: readonly BootRecord[]): string | undefined {
  return boots.flatMap(({ output }) => output.probes).findLast(({ purpose, status }) => purpose === 'health' && status !== undefined && status >= 200 && status < 300)?.path;
}

function healthCheck(boot: BootRecord): Check {
  const probes = boot.output.probes.filter((probe) => probe.purpose === 'health');
  const good = probes.filter(answeredWell);
  const first = good[0];
  if (first && isPast(boot, 'health')) {
    const from = [...new Set(good.map((probe) => probe.from))].join(' and ');
    const body = first.body?.trim().replace(/\s+/g, ' ').slice(0, 120);
    return { ok: true, evidence: `Boot ${boot.number}: GET ${first.path} answered ${first.status} from ${from} the sandbox${body ? `: ${body}` : '.'}` };
  }
  // A declared route that breaks is as much a reason as the health path itself.
  const bad = probes.findLast((probe) => !answeredWell(probe)) ?? boot.output.probes.findLast(({ status }) => (status ?? 0) >= 500);
  if (!bad) return { ok: false, evidence: stopped(boot) };
  const answer = bad.status === undefined ? `gave no answer (${bad.error ?? 'unknown'})` : `answered ${bad.status}`;
  return { ok: false, evidence: `Boot ${boot.number}: GET ${bad.path} ${answer}.` };
}

function completeCheck(boot: BootRecord): Check {
  const line = boot.output.lines.find(({ text }) => text.includes('Application startup complete'));
  if (line) return { ok: true, evidence: `Boot ${boot.number}, ${line.at.toFixed(2)} s: ${line.text.trim()}` };
  if (boot.output.markers.complete) return { ok: true, evidence: `Boot ${boot.number}: the startup line was printed.` };
  return { ok: false, evidence: stopped(boot) };
}

function answeredWell(probe: Probe): boolean {
  return probe.status !== undefined && probe.status >= 200 && probe.status < 300;
}

function isPast(boot: BootRecord, stage: Stage): boolean {
  return stageRank(boot.evidence.stage) > stageRank(stage);
}

function stopped({ number, evidence, output }: BootRecord): string {
  const summary = evidence.faults[0]?.summary;
  return `Boot ${number} stopped at ${evidence.stage}${summary ? `: ${summary}` : ended(output)}`;
}

function ended({ exit, markers }: BootOutput): string {
  if (markers.timedOut) return ': nothing more happened until the time-out.';
  if (exit?.signal) return `: ended by ${exit.signal}.`;
  return exit?.code === undefined ? '.' : ` with exit code ${exit.code}.`;
}
