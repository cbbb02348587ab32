/** Who explains a fault when several rules see it, and what happens when a rule breaks. */
import { describe, expect, test } from 'vitest';
import type { Evidence, Fault } from '../../parsers/evidence.ts';
import { detectAll, scanAll } from '../../scenarios/load.ts';
import type { Finding, Rule } from '../../scenarios/types.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex } from '../../source/types.ts';

const source = await sourceOf({ 'main.py': 'app = None\n' }, { app: 'main:app' });
const index: PackageIndex = { python: '3.14.0', distributions: [], stdlib: [], names: {}, known: {}, unusedImports: [] };

function fault(form: Fault['form'], more: Partial<Fault> = {}): Fault {
  return { form, during: 'start', chain: [], validation: [], summary: `${form} ${more.http?.path ?? ''}`, text: '', from: -1, to: -1, ...more };
}

function evidence(...faults: readonly Fault[]): Evidence {
  return { stage: 'import', faults, names: [] };
}

function finding(kind: string, explains: readonly number[], facts: Record<string, string> = {}): Finding {
  return {
    kind, explains, facts, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: 'main.py', what: 'What happened here', why: 'Why it happened here',
    todo: 'What to do about it', candidates: [],
  };
}

function rule(kind: string, detect: Rule['detect'], more: Partial<Rule> = {}): Rule {
  return { kind, stage: 'import', category: 'IMPORT', severity: 'CRITICAL', title: 'A fault.', detect, ...more };
}

const sees = (kind: string, explains: readonly number[], more: Partial<Rule> = {}): Rule => rule(kind, () => [finding(kind, explains)], more);
const kindsOf = (rules: readonly Rule[], seen: Evidence): readonly string[] => detectAll(seen, source, index, rules).findings.map(({ kind }) => kind);

describe('of several rules that explain one fault', () => {
  test('the one that refines the others stays', () => {
    const rules = [sees('module', [0]), sees('driver', [0], { refines: ['module'] }), sees('url', [0], { refines: ['driver'] })];
    expect(kindsOf(rules, evidence(fault('exception')))).toEqual(['url']);
    expect(kindsOf(rules.toReversed(), evidence(fault('exception')))).toEqual(['url']);
  });

  test('those that do not refine one another all stay: a boot tells', () => {
    expect(kindsOf([sees('one', [0]), sees('other', [0])], evidence(fault('exception')))).toEqual(['one', 'other']);
  });

  test('one that explains another fault as well stays', () => {
    const rules = [sees('general', [0, 1]), sees('exact', [0], { refines: ['general'] })];
    expect(kindsOf(rules, evidence(fault('exception'), fault('log')))).toEqual(['general', 'exact']);
  });
});

describe('a last resort', () => {
  const last = rule('last', (seen) => seen.faults.map((each, at) => finding('last', [at], { said: each.summary })), { lastResort: true });

  test('sees what nobody explained, and says so in places of the whole evidence', () => {
    const seen = evidence(fault('exception'), fault('server'));
    const { findings } = detectAll(seen, source, index, [sees('known', [0]), last]);
    expect(findings.map(({ kind, explains }) => [kind, explains])).toEqual([['known', [0]], ['last', [1]]]);
  });

  test('is not asked about what merely follows from an explained fault', () => {
    const seen = evidence(
      fault('exception', { during: 'request' }), fault('http', { during: 'request', http: { path: '/health', status: 500, purpose: 'health' } }), fault('exit'),
    );
    expect(kindsOf([sees('known', [0]), last], seen)).toEqual(['known']);
  });
});

describe('a rule that throws', () => {
  const broken = rule('broken', () => { throw new Error('a defect of ours'); }, { scan: () => { throw new Error('another'); } });

  test('is shown, and stops nobody', () => {
    const { findings, crashes } = detectAll(evidence(fault('exception')), source, index, [broken, sees('known', [0])]);
    expect(findings.map(({ kind }) => kind)).toEqual(['known']);
    expect(crashes).toEqual([{ kind: 'broken', error: expect.stringContaining('a defect of ours') }]);
  });

  test('is shown by the scan as well', () => {
    expect(scanAll(source, index, [broken]).crashes).toEqual([{ kind: 'broken', error: expect.stringContaining('another') }]);
  });
});

test('one fault printed twice is one finding', () => {
  const twice = rule('twice', () => [finding('twice', [0], { module: 'x' }), finding('twice', [1], { module: 'x' })]);
  const { findings } = detectAll(evidence(fault('exception'), fault('exception')), source, index, [twice]);
  expect(findings.map(({ explains }) => explains)).toEqual([[0, 1]]);
});
