/**
 * When the start would meet each finding, and so which one hides which. What loads is ordered by the simulation of the imports; what takes
 * effect only when the app is used comes behind it, by the stages of the ladder.
 */
import { stageRank } from '../../parsers/boot-output.ts';
import { asyncEngineCalls, syncEngineCalls } from '../../scenarios/mechanisms/engines.ts';
import { topLevel } from '../../scenarios/mechanisms/names.ts';
import { loadedImports, orderOf } from '../../scenarios/mechanisms/reach.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding } from '../../scenarios/types.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import { blocks } from '../loop/choose.ts';

export interface Foretold {
  /** What stands in the way of a healthy start, in the order in which boot after boot would meet it. */
  readonly order: readonly Finding[];
  /** By fingerprint: what cannot be seen while this one stands. */
  readonly hides: Readonly<Record<string, readonly string[]>>;
}

/** Behind every line that runs while modules load. */
const LOADED = 1e9;

export function foretell(findings: readonly Finding[], source: Source): Foretold {
  const timed = findings.filter((finding) => blocks(finding)).map((finding) => ({ finding, at: momentOf(finding, source) })).toSorted((a, b) => a.at - b.at);
  const hides = timed.map(({ finding, at }) => [fingerprint(finding), timed.filter((other) => other.at > at).map((other) => fingerprint(other.finding))] as const);
  return { order: timed.map(({ finding }) => finding), hides: Object.fromEntries(hides) };
}

/** Larger is later; equal for findings that one boot shows together. */
export function momentOf(finding: Finding, source: Source): number {
  // One line builds the engine: first it must be the right call, then it reads the URL, then it loads the driver.
  return placeOf(finding, source) + ['IMPORT', 'DATABASE', 'DEPENDENCY'].indexOf(finding.category) * (finding.facts['driver'] === undefined ? 0 : 1e-7);
}

function placeOf(finding: Finding, source: Source): number {
  const { stage, category, facts, file, line } = finding;
  const later = LOADED + stageRank(stage);
  // A session factory does no harm until somebody uses its sessions.
  if (facts['factory'] !== undefined) return LOADED + stageRank('health');
  if (facts['driver'] !== undefined) return earliest(engineMoments(source)) ?? later;
  if (facts['module'] !== undefined && category === 'DEPENDENCY') return earliest(importMoments(facts['module'], source)) ?? later;
  if (stageRank(stage) <= stageRank('install')) return -1;
  if (facts['variable'] !== undefined) return earliest(readMoments(facts['variable'], source)) ?? later;
  if (/\.py$/.test(file)) return stageRank(stage) > stageRank('connect') ? later : lineMoment(file, line ?? 0, source) ?? later;
  return category === 'DATABASE' ? earliest(engineMoments(source)) ?? later : later;
}

function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** When a line runs while modules load; a line inside a function runs when the module itself calls the function. */
function lineMoment(path: string, line: number, source: Source): number | undefined {
  const order = orderOf(source);
  const file = source.files.get(path);
  if (file === undefined || order === undefined) return undefined;
  const around = definitionsOf(file).find((definition) => definition.kind === 'function' && definition.line < line && line <= definition.line + file.text.slice(definition.start, definition.end).split('\n').length - 1);
  if (around === undefined) return order.moment(path, line);
  return earliest(callsOf(file).filter((call) => call.scope === '' && call.written === around.name).map((call) => order.moment(path, call.line)));
}

function importMoments(module: string, source: Source): readonly (number | undefined)[] {
  return loadedImports(source).filter((statement) => topLevel(statement.module) === module).map((statement) => orderOf(source)?.moment(statement.file, statement.line));
}

function engineMoments(source: Source): readonly (number | undefined)[] {
  return [...asyncEngineCalls(source), ...syncEngineCalls(source)].map((call) => lineMoment(call.file, call.line, source));
}

/** When a setting is asked for: its class is built, or the variable is read. */
function readMoments(variable: string, source: Source): readonly (number | undefined)[] {
  const classes = settingsClasses(source).filter((settings) => settings.fields.some((field) => field.names.some((name) => name.toLowerCase() === variable.toLowerCase())));
  const built = classes.flatMap((settings) => {
    const file = source.files.get(settings.file);
    return file === undefined ? [] : callsOf(file).filter((call) => call.written === settings.name).map((call) => lineMoment(call.file, call.line, source));
  });
  return [...built, ...source.variables.filter(({ name }) => name === variable).map((read) => lineMoment(read.file, read.line, source))];
}
