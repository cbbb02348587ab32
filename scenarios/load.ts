/**
 * Finds the rules by folder and runs them. A folder of `scenarios/` with a `rule.ts` is a failure kind; there is no list to edit.
 * A rule that throws is a defect of ours, shown as a crash beside the findings of all others.
 */
import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Evidence } from '../parsers/evidence.ts';
import type { PackageIndex, Source } from '../source/types.ts';
import { foresee } from './foreseen/foresee.ts';
import { mostExact, mostExactPlaces, unexplained } from './mechanisms/claims.ts';
import { fingerprint } from './types.ts';
import type { Finding, Rule } from './types.ts';

export interface RuleCrash {
  readonly kind: string;
  readonly error: string;
}

export interface Detected {
  readonly findings: readonly Finding[];
  readonly crashes: readonly RuleCrash[];
}

/** All rules below a folder, by name. @throws Error when a folder's `rule.ts` exports no rule of the folder's name. */
export async function loadRules(folder: string = import.meta.dirname): Promise<readonly Rule[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && ruleFile(folder, entry.name) !== undefined)
    .map((entry) => entry.name)
    .sort();
  return Promise.all(names.map((name) => loadRule(folder, name)));
}

/** The source in development, its compiled form in the published package. */
function ruleFile(folder: string, name: string): string | undefined {
  return ['rule.ts', 'rule.js'].map((file) => join(folder, name, file)).find((path) => existsSync(path));
}

async function loadRule(folder: string, name: string): Promise<Rule> {
  const module = (await import(pathToFileURL(ruleFile(folder, name) ?? '').href)) as { readonly rule?: Rule };
  if (module.rule?.kind !== name) throw new Error(`scenarios/${name}/rule.ts must export a rule whose kind is ${name}`);
  return module.rule;
}

const ownRules = await loadRules();

/** Every failure kind, by name. */
export function allRules(): readonly Rule[] {
  return ownRules;
}

type Ask = (rule: Rule) => readonly Finding[];

function askEach(rules: readonly Rule[], ask: Ask): { findings: Finding[]; crashes: RuleCrash[] } {
  const findings: Finding[] = [];
  const crashes: RuleCrash[] = [];
  for (const rule of rules) {
    try {
      findings.push(...ask(rule));
    } catch (error) {
      crashes.push({ kind: rule.kind, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  return { findings, crashes };
}

/** What a boot shows. Findings come in the order of the faults they explain, the one that blocks first. */
export function detectAll(evidence: Evidence, source: Source, index: PackageIndex, rules: readonly Rule[] = ownRules): Detected {
  const first = askEach(rules.filter((rule) => rule.lastResort !== true), (rule) => rule.detect(evidence, source, index));
  const kept = distinct(mostExact(first.findings, rules));
  const left = unexplained(evidence, kept);
  // Notes that were printed beside the fault (a 401, an optional service) need no explanation where the fault has one.
  const open = left.filter((fault) => !['background', 'shutdown'].includes(evidence.faults[fault]?.during ?? ''));
  const rest: Evidence = { ...evidence, faults: left.flatMap((fault) => evidence.faults[fault] ?? []) };
  const last = askEach(rules.filter((rule) => rule.lastResort === true), (rule) =>
    open.length === 0 && kept.some((finding) => finding.severity === 'CRITICAL' || finding.severity === 'HIGH')
      ? []
      : rule.detect(rest, source, index).map((finding) => ({ ...finding, explains: (finding.explains ?? []).flatMap((fault) => left[fault] ?? []) })));
  const findings = distinct(mostExact([...kept, ...last.findings], rules));
  return { findings: findings.toSorted((a, b) => firstFault(a) - firstFault(b)), crashes: [...first.crashes, ...last.crashes] };
}

/** What can be seen without a boot. */
export function scanAll(source: Source, index: PackageIndex, rules: readonly Rule[] = ownRules): Detected {
  const scanned = askEach(rules, (rule) => rule.scan?.(source, index) ?? []);
  const vague = new Set(rules.filter((rule) => rule.kind === 'unknown-failure').map((rule) => rule.kind));
  const foreseen = foresee(source, index, (evidence) => detectAll(evidence, source, index, rules).findings.filter(({ kind }) => !vague.has(kind)));
  // Python does not read on behind the first fault of a file.
  const broken = new Set(foreseen.findings.filter(({ stage }) => stage === 'syntax').map(({ file }) => file));
  const seen = scanned.findings.filter(({ stage, file }) => stage !== 'syntax' || !broken.has(file));
  return { findings: distinct(mostExactPlaces([...seen, ...foreseen.findings], rules)), crashes: [...scanned.crashes, ...foreseen.crashes] };
}

function firstFault(finding: Finding): number {
  return Math.min(Infinity, ...(finding.explains ?? []));
}

/** One finding per fingerprint; the same fault printed twice is explained by one finding. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const byPrint = new Map<string, Finding>();
  for (const finding of findings) {
    const print = fingerprint(finding);
    const before = byPrint.get(print);
    byPrint.set(print, before === undefined ? finding : { ...before, explains: [...new Set([...(before.explains ?? []), ...(finding.explains ?? [])])] });
  }
  return [...byPrint.values()];
}
