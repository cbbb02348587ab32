/**
 * How good is the audit? `npm run score [-- --list]` reads every recorded case without booting it and compares what the audit calls CRITICAL or
 * HIGH with what the recorded boot showed: recall over the faults that can be seen in the files, precision over all that was claimed.
 * `--trees FOLDER` adds backends that really start as they are, each a folder of it: whatever is claimed there is wrong.
 * Ends with 1 when recall is below 70 %, precision below 95 %, or anything is claimed on a backend that starts.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { auditIndex } from '../../harness/audit/package-index.ts';
import { scanAll } from '../../scenarios/load.ts';
import type { Finding } from '../../scenarios/types.ts';
import { findBackend } from '../../source/find-root.ts';
import { readSource, sourceOf } from '../../source/read.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { caseFiles, caseFolder, listScenarios } from './lay-case.ts';
import { readExpected, readRecording } from './recording.ts';
import { recordedSource } from './replay-case.ts';

/** Faults that no file of the tree shows. Everything else counts, whether a foresight for it was written or not. */
const NOT_IN_THE_FILES = new Set([
  // The machine and the network.
  'db-connection-refused', 'db-host-unresolvable', 'fs-permission-denied', 'health-database-unreachable', 'oom-killed', 'port-in-use', 'service-connection-refused', 'timezone-not-found',
  // What the database server has, holds and allows.
  'asyncpg-invalid-password', 'database-does-not-exist', 'pg-duplicate-type', 'pg-extension-missing', 'pg-permission-denied', 'pg-schema-missing', 'pg-type-not-exist', 'relation-does-not-exist',
  // Which releases there are, and which have wheels: the package index alone says.
  'distribution-unknown', 'pip-no-matching-distribution', 'private-index-package', 'uv-no-solution', 'uv-no-wheel-abi-tag',
  // Last resorts: that something failed, and nobody knows what it was.
  'process-died-after-start', 'request-fails', 'third-party-crash', 'unknown-failure',
]);

/** What the audit has to reach. */
const RECALL = 0.7;
const PRECISION = 0.95;

interface Claim {
  readonly kind: string;
  readonly file: string;
  readonly line?: number | undefined;
}

interface Score {
  readonly name: string;
  readonly claims: readonly Finding[];
  readonly truth: readonly Claim[];
}

export interface Totals {
  readonly truths: number;
  readonly found: number;
  readonly claimed: number;
  readonly right: number;
  readonly misses: readonly string[];
  readonly wrong: readonly string[];
}

function claimsOf(source: Source, index: PackageIndex): readonly Finding[] {
  return scanAll(source, index).findings.filter(({ severity }) => severity === 'CRITICAL' || severity === 'HIGH');
}

/** The same fault under one name or two: one place, or one kind in one file. */
function same(claim: Claim, truth: Claim): boolean {
  return claim.file === truth.file && (claim.kind === truth.kind || (claim.line !== undefined && claim.line === truth.line));
}

/** @param installed with the packages that the recorded boot had, else with nothing installed */
export async function scoreCases(installed: boolean): Promise<Totals> {
  const { cases } = await listScenarios();
  const scores: Score[] = [];
  for (const name of cases) {
    const recording = await readRecording(caseFolder(name));
    // A case that is being made has no recording yet.
    if (recording === null) continue;
    const expected = await readExpected(caseFolder(name));
    const { laid } = await caseFiles(name);
    const source = await recordedSource(name, recording);
    const foreseen = (await auditIndex(source, '3.14', undefined)).index;
    // Recordings hold what a boot asked for; the audit reads all exported names of an environment, here taken from what was measured.
    const { index } = installed ? { index: { ...recording.index, exports: foreseen.exports ?? {}, names: { ...foreseen.names, ...recording.index.names } } } : { index: foreseen };
    const truth = expected.filter(({ severity }) => severity === 'CRITICAL' || severity === 'HIGH');
    // On the broken base everything behind the first fault is true as well, and the recording shows only the first.
    scores.push({ name, truth, claims: laid.base === 'auth-backend' && /bundle|engine/.test(name) ? claimsOf(source, index).filter((claim) => truth.some((one) => same(claim, one))) : claimsOf(source, index) });
  }
  return totals(scores);
}

const planted = z.array(z.object({ operator: z.string(), what: z.string(), file: z.string(), line: z.number().optional() }));

/** Several faults planted in one tree at a time: a claim in the file of one is right, and so is one elsewhere that names what went from it. */
export async function scoreCompounds(): Promise<Totals> {
  const { compounds } = await listScenarios();
  const results = await Promise.all(compounds.map(async (name) => {
    const { laid, files } = await caseFiles(name);
    // Which releases there are, the index alone says.
    const faults = planted.parse(JSON.parse(await readFile(join(laid.folder, 'faults.json'), 'utf8'))).filter(({ operator }) => operator !== 'impossible-pin');
    const source = await sourceOf(files, laid.options);
    return { name, faults, claims: claimsOf(source, (await auditIndex(source, '3.14', undefined)).index) };
  }));
  const truths = results.flatMap(({ name, faults, claims }) => faults.map((fault) => ({ name, fault, found: claims.some((claim) => isOf(claim, fault)) })));
  const claimed = results.flatMap(({ name, faults, claims }) => claims.map((claim) => ({ name, claim, right: faults.some((fault) => isOf(claim, fault)) })));
  return {
    truths: truths.length, found: truths.filter(({ found }) => found).length, claimed: claimed.length, right: claimed.filter(({ right }) => right).length,
    misses: truths.filter(({ found }) => !found).map(({ name, fault }) => `${name}: ${fault.operator} ${fault.what}`),
    wrong: claimed.filter(({ right }) => !right).map(({ name, claim }) => `${name}: ${claim.kind} ${claim.file}:${claim.line ?? ''}`),
  };
}

function isOf(claim: Finding, fault: z.infer<typeof planted>[number]): boolean {
  if (claim.file === fault.file) return true;
  const gone = /(?:def|class|import) (?<name>\w+)/.exec(fault.what.split(' → ')[0] ?? '')?.groups?.['name'];
  const module = fault.file.replace(/(?:\/__init__)?\.py$/, '').split('/').at(-1) ?? '';
  return gone !== undefined && new RegExp(`\\b${gone}\\b`).test(claim.what) && claim.what.includes(module);
}

function totals(scores: readonly Score[]): Totals {
  const truths = scores.flatMap(({ name, truth, claims }) => truth.filter(({ kind }) => !NOT_IN_THE_FILES.has(kind)).map((one) => ({ name, one, found: claims.some((claim) => same(claim, one)) })));
  const claimed = scores.flatMap(({ name, truth, claims }) => claims.map((claim) => ({ name, claim, right: truth.some((one) => same(claim, one)) })));
  return {
    truths: truths.length, found: truths.filter(({ found }) => found).length, claimed: claimed.length, right: claimed.filter(({ right }) => right).length,
    misses: truths.filter(({ found }) => !found).map(({ name, one }) => `${name}: ${one.kind} ${one.file}:${one.line ?? ''}`),
    wrong: claimed.filter(({ right }) => !right).map(({ name, claim }) => `${name}: ${claim.kind} ${claim.file}:${claim.line ?? ''}`),
  };
}

/** Claims on backends that start as they are. */
export async function wrongOn(folder: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const name of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name)) {
    const dir = join(folder, name);
    const backend = await findBackend(dir);
    const source = await readSource(join(dir, backend.root), backend.options);
    const { index } = await auditIndex(source, '3.14', undefined);
    wrong.push(...claimsOf(source, index).map((claim) => `${name}: ${claim.kind} ${claim.file}:${claim.line ?? ''}`));
  }
  return wrong;
}

const percent = (part: number, whole: number): string => (whole === 0 ? 'nothing to judge' : `${(100 * part / whole).toFixed(1)} % (${part} of ${whole})`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { list: { type: 'boolean' }, trees: { type: 'string' } } });
  let good = true;
  const seen = { truths: 0, found: 0 };
  for (const installed of [false, true]) {
    const score = await scoreCases(installed);
    process.stdout.write(`${installed ? 'packages installed' : 'nothing installed '}  recall ${percent(score.found, score.truths)} · precision ${percent(score.right, score.claimed)}\n`);
    if (values.list) process.stdout.write([...score.misses.map((one) => `  missed  ${one}`), ...score.wrong.map((one) => `  wrong   ${one}`), ''].join('\n'));
    if (!installed) Object.assign(seen, { truths: score.truths, found: score.found });
    good &&= score.found >= RECALL * score.truths && score.right >= PRECISION * score.claimed;
  }
  const compounds = await scoreCompounds();
  process.stdout.write(`planted together   recall ${percent(compounds.found, compounds.truths)} · precision ${percent(compounds.right, compounds.claimed)}\n`);
  if (values.list) process.stdout.write([...compounds.misses.map((one) => `  missed  ${one}`), ...compounds.wrong.map((one) => `  wrong   ${one}`), ''].join('\n'));
  good &&= seen.found + compounds.found >= RECALL * (seen.truths + compounds.truths) && compounds.right >= PRECISION * compounds.claimed;
  const healthy = [join(import.meta.dirname, '../../scenarios/bases'), ...(values.trees === undefined ? [] : [values.trees])];
  for (const folder of healthy) {
    const wrong = (await wrongOn(folder)).filter((one) => !one.startsWith('auth-backend:'));
    process.stdout.write(`${wrong.length} wrong claims on backends that start: ${folder}\n${wrong.map((one) => `  wrong   ${one}\n`).join('')}`);
    good &&= wrong.length === 0;
  }
  if (!good) process.exitCode = 1;
}

if (import.meta.main) await main();
