/** What every failure kind must keep to, whatever it is about. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from '../../parsers/parse.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import { allRules, detectAll, scanAll } from '../../scenarios/load.ts';
import type { Finding, Rule } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { listScenarios, scenariosFolder } from '../tools/lay-case.ts';
import { layAndRead } from '../tools/boot-scenario.ts';
import { readRecording } from '../tools/recording.ts';

const rules = allRules();
const { cases } = await listScenarios();

interface Recorded {
  readonly name: string;
  readonly source: Source;
  readonly evidence: Evidence;
  readonly index: PackageIndex;
}

/** Every recorded case, read once. */
const recorded: readonly Recorded[] = (await Promise.all(cases.map(async (name): Promise<readonly Recorded[]> => {
  await using laid = await layAndRead(name);
  const recording = await readRecording(laid.laid.folder);
  return recording === null ? [] : [{ name, source: laid.source, evidence: parse(recording.output), index: recording.index }];
}))).flat();

const findingsOf = ({ source, evidence, index }: Recorded): readonly Finding[] => [...detectAll(evidence, source, index).findings, ...scanAll(source, index).findings];

describe.each(rules.map((rule) => [rule.kind, rule] as const))('%s', (kind, rule: Rule) => {
  test('says what it is', () => {
    expect(rule.title).toMatch(/^[A-Z].{15,}\.$/);
    expect(kind).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    for (const general of rule.refines ?? []) expect(rules.map((other) => other.kind)).toContain(general);
  });

  test('has a positive case and a near-miss', () => {
    const own = readdirSync(join(scenariosFolder, kind, 'cases'));
    expect(own).toContain('near-miss');
    expect(own.length).toBeGreaterThanOrEqual(2);
  });

  test('is found in its own cases and in no near-miss', () => {
    for (const one of recorded.filter(({ name }) => name.startsWith(`${kind}/`))) {
      const isNearMiss = one.name.endsWith('/near-miss');
      // What the scan foresees behind the fault of a near-miss may well be this kind; what the boot showed is not.
      const findings = isNearMiss ? detectAll(one.evidence, one.source, one.index).findings : findingsOf(one);
      expect(findings.some((finding) => finding.kind === kind), one.name).toBe(!isNearMiss);
    }
  });

  test('reads a line of a megabyte in no time', async () => {
    const source = await sourceOf({ 'main.py': 'app = None\n' }, { app: 'main:app' });
    for (const long of hugeMessages()) {
      const start = performance.now();
      rule.detect(long, source, EMPTY_INDEX);
      expect(performance.now() - start).toBeLessThan(250);
    }
  });

  test('has its folder in order', () => {
    expect(existsSync(join(scenariosFolder, kind, 'README.md'))).toBe(true);
    expect(readFileSync(join(scenariosFolder, kind, 'rule.ts'), 'utf8').split('\n').length).toBeLessThanOrEqual(150);
  });
});

describe.each(recorded.map((one) => [one.name, one] as const))('findings of %s', (_, one: Recorded) => {
  const findings = findingsOf(one);

  test('say what, why and what to do, in sentences', () => {
    for (const { what, why, todo, kind } of findings) {
      for (const text of [what, why, todo]) expect(text, kind).toMatch(/^\S.{10,}$/s);
      expect(`${what} ${why} ${todo}`, kind).not.toMatch(/undefined|\[object|NaN|\$\{/);
      expect(what, 'the line stands in the record').not.toMatch(/\bline \d+/);
    }
  });

  test('name files of the tree, and edits that fit them', () => {
    for (const { candidates, kind } of findings) {
      for (const fix of candidates) {
        expect(fix.edits.length, `${kind}: ${fix.title}`).toBeGreaterThan(0);
        const changed = applyEdits(one.source.files, fix.edits);
        for (const [path, text] of changed) expect(text, `${kind}: ${fix.title}`).not.toBe(one.source.files.get(path)?.text ?? '');
      }
    }
  });

  test('are the same when asked twice', () => {
    expect(findingsOf(one)).toEqual(findings);
  });

  test('have facts without line numbers, ports and addresses', () => {
    for (const { facts, kind } of findings) {
      expect(JSON.stringify(facts), kind).not.toMatch(/\bline \d|\b\d{1,3}(\.\d{1,3}){3}\b|0x[0-9a-f]{4}|:\d{4,5}\b/);
    }
  });
});

const EMPTY_INDEX: PackageIndex = { python: '3.14.0', distributions: [], stdlib: [], names: {}, known: {}, unusedImports: [] };

/** Shapes that make careless patterns slow: one long word, quotes, blanks, colons. */
function hugeMessages(): readonly Evidence[] {
  return ['a', "'", '"a', ' ', 'a:', '(', 'No module named ', "cannot import name '"].map((part) => {
    const message = part.repeat(Math.ceil(1_000_000 / part.length));
    const frame = { file: 'main.py', line: 1, function: '<module>', source: message, owner: 'tree' } as const;
    const chain = ['ImportError', 'ModuleNotFoundError', 'TypeError', 'OSError', 'SyntaxError'].map((type) => ({ type, message, notes: [], frames: [frame] }));
    const faults = (['exception', 'log', 'server', 'exit', 'hang', 'http', 'database'] as const).map((form) => ({
      form, during: 'start' as const, chain: form === 'exception' ? chain : [], validation: [], summary: message.slice(0, 500), text: message, from: -1, to: -1,
    }));
    return { stage: 'import', faults, names: [] };
  });
}

test('no red boot is left unexplained', async () => {
  const source = await sourceOf({ 'main.py': 'app = None\n' }, { app: 'main:app' });
  for (const stage of ['install', 'syntax', 'import', 'config', 'connect', 'lifespan', 'bind', 'health', 'settle'] as const) {
    expect(detectAll({ stage, faults: [], names: [] }, source, EMPTY_INDEX).findings.length, stage).toBeGreaterThan(0);
  }
});

test('a healthy boot has nothing that blocks', async () => {
  const source = await sourceOf({ 'main.py': 'app = None\n' }, { app: 'main:app' });
  expect(detectAll({ stage: 'healthy', faults: [], names: [] } satisfies Evidence, source, EMPTY_INDEX).findings).toEqual([]);
});

