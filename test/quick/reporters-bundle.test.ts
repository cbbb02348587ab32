import { createHash } from 'node:crypto';
import { chmod, lstat, readFile, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../../harness/options.ts';
import { buildReport } from '../../harness/report/report.ts';
import { openBundle, packBundle } from '../../harness/reproduce/bundle.ts';
import type { Bundle, BundleEntry } from '../../harness/reproduce/bundle.ts';
import { differences, lockChanges } from '../../harness/reproduce/compare.ts';
import { concealer } from '../../harness/reproduce/conceal.ts';
import { gatherBundle } from '../../harness/reproduce/gather.ts';
import { layBundle } from '../../harness/reproduce/lay.ts';
import { renderScript } from '../../harness/reproduce/script.ts';
import { fixesBefore, treeWith } from '../../harness/reproduce/tree-at.ts';
import { openWorkspace } from '../../harness/workspace/workspace.ts';
import { readSource } from '../../source/read.ts';
import type { Source } from '../../source/types.ts';
import { cli } from './cli-desk.ts';
import { BUNDLE, PASSWORD, healedRun } from './report-sample.ts';

const OPTIONS: RunOptions = {
  dir: BUNDLE, bundled: false, runtime: 'docker', python: '3.14', pythonFallback: false, policy: 'locked', manifest: null, root: null, app: null, factory: false, health: null, port: 8080,
  command: null, env: null, database: null, databaseInit: null, safeOnly: false, tidy: false, maxBoots: 60, bootTimeout: 60, settle: 4, minimise: true, fixer: null, write: false, allowDirty: false,
  out: '/tmp/none', verbose: false,
};

async function sample(dir = BUNDLE, read?: Source): Promise<Bundle> {
  const { result, facts } = await healedRun();
  const source = read ?? result.source;
  await using workspace = await openWorkspace({ dir }, new AbortController().signal);
  return await gatherBundle({
    options: { ...OPTIONS, dir }, workspace, root: '.', source, healed: source, report: buildReport(result, facts), kept: result.kept, journal: result.boots.map(({ number, purpose, evidence, findings }) => ({ at: Math.random(), type: 'boot', number, purpose, stage: evidence.stage, seconds: Math.random(), findings: findings.map(({ kind }) => kind) })),
    runtime: { name: 'docker', python: '3.14.8', isolation: 'container', notes: [], versions: { postgres: '18.6' } }, secrets: facts.secrets, initSql: undefined, lock: ['uvicorn==0.54.0', 'fastapi==0.165.0'],
  });
}

describe('a bundle', () => {
  test('opens as what was packed, and the same run gives the same bytes', async () => {
    const bundle = await sample();
    const bytes = await packBundle(bundle);
    expect(await openBundle(bytes, 'x')).toEqual(JSON.parse(JSON.stringify(bundle)));
    expect(await packBundle(await sample())).toEqual(bytes);
    expect(await packBundle(Object.fromEntries(Object.entries(bundle).toReversed()) as Bundle)).toEqual(bytes);
  });

  test('has no secret, and what stands for one still works', async () => {
    const text = JSON.stringify(await sample());
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain('made-up-value-for-a-demo-never-used-anywhere');
    expect(text).toMatch(/postgresql:\/\/auth_user:standin\dx+@localhost:5432\/auth_db/);
  });

  test('says where the app looks for Postgres, and what decides what is installed', async () => {
    await using desk = await createFixture({
      'app.py': 'import os\nimport redis\nfrom fastapi import FastAPI\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ["DATABASE_URL"])\ncache = redis.from_url(os.environ["REDIS_URL"])\napp = FastAPI()\n', 'requirements.txt': 'fastapi\nsqlalchemy\nredis\n',
      '.env': `DATABASE_URL=postgresql://shop:${PASSWORD}@db:5433/shop\nREDIS_URL=redis://cache:6380/0\n`,
      'compose.yaml': `services:\n  db:\n    image: postgres:18\n    environment:\n      POSTGRES_USER: shop\n      POSTGRES_PASSWORD: ${PASSWORD}\n      POSTGRES_DB: shop\n    volumes:\n      - ./init.sql:/docker-entrypoint-initdb.d/init.sql\n`,
      'init.sql': 'CREATE TABLE basket ();\n',
    });
    const { facts } = await sample(desk.path, await readSource(desk.path, { app: 'app:app', port: 8000, policy: 'locked', rootName: 'shop' }));
    expect(facts.databases).toEqual([{ host: 'db', port: 5433, user: 'shop', password: expect.stringMatching(/^standin\d/), database: 'shop' }]);
    expect(facts.redis).toEqual([{ host: 'cache', port: 6380 }]);
    expect(facts.install_files).toContain('requirements.txt');
    expect(facts.init_scripts).toEqual([{ path: 'init.sql', sql: 'CREATE TABLE basket ();\n', user: 'shop', database: 'shop' }]);
  });

  test('sets in the process what a boot sets there: a value that the app reads from its own .env stays in that file, where a fix counts', async () => {
    const { facts } = await sample(BUNDLE, await readSource(BUNDLE, { port: 8080, policy: 'locked', rootName: 'auth-backend' }));
    expect(facts.environment).not.toHaveProperty('DATABASE_URL');
  });

  test('lays the tree as it was, links and modes included', async () => {
    await using desk = await createFixture({ 'tree/requirements.txt': 'fastapi\r\n', 'tree/src/main.py': 'x = 1\n', 'tree/start.sh': '#!/bin/sh\n', 'tree/logo.png': Buffer.from([0, 255, 254, 10]) });
    await chmod(desk.getPath('tree/start.sh'), 0o755);
    await symlink('src/main.py', desk.getPath('tree/app.py'));
    const bundle = await openBundle(await packBundle(await sample(desk.getPath('tree'))), 'x');
    await layBundle(bundle, desk.getPath('again'));
    const again = (path: string) => desk.getPath('again', path);
    expect((await readdir(again(''), { recursive: true })).toSorted()).toEqual(['app.py', 'logo.png', 'requirements.txt', 'src', 'src/main.py', 'start.sh']);
    expect(await readFile(again('requirements.txt'), 'utf8')).toBe('fastapi\r\n');
    expect([...await readFile(again('logo.png'))]).toEqual([0, 255, 254, 10]);
    expect((await stat(again('start.sh'))).mode & 0o111).not.toBe(0);
    expect(await readlink(again('app.py'))).toBe('src/main.py');
  });

  test('is refused when a byte of it was changed, or it is cut off, or is something else', async () => {
    const bytes = await packBundle(await sample());
    const text = 'boot-check bundle 1 0000\n{}';
    for (const [broken, why] of [
      [bytes.subarray(0, bytes.length - 20), /is no gzip file, is cut off/], [Buffer.from('hello'), /is no gzip file/], [gzipSync('hello\nworld'), /Nothing in it says/],
      [gzipSync(text), /checksum is wrong/], [gzipSync('boot-check bundle 2 x\n{}'), /another version/],
      [gzipSync(Buffer.alloc(300 * 1024 * 1024)), /more than 256 MB/],
    ] as const) {
      const error: unknown = await openBundle(broken, 'b.bootcheck').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ exitCode: 2, message: 'b.bootcheck is no bundle that can be opened.', why: expect.stringMatching(why) });
    }
  });

  test.each<[string, readonly Partial<BundleEntry>[]]>([
    ['a path above', [{ path: '../x', text: '' }]], ['a path above, in the middle', [{ path: 'a/../../x', text: '' }]], ['an absolute path', [{ path: '/etc/cron.d/x', text: '' }]],
    ['backslashes', [{ path: 'a\\..\\..\\x', text: '' }]], ['a drive', [{ path: 'C:/x', text: '' }]], ['git hooks', [{ path: '.git/hooks/post-checkout', text: '' }]],
    ['a link above', [{ path: 'a', link: '../../etc' }]], ['an absolute link', [{ path: 'a', link: '/etc' }]], ['a link that comes back too far', [{ path: 'a/b', link: '../../../x' }]],
    ['a file through a link', [{ path: 'a', link: 'b' }, { path: 'a/x', text: '' }]], ['a path twice', [{ path: 'a', text: '' }, { path: 'a', text: 'b' }]],
    ['two contents', [{ path: 'a', text: '', link: 'b' }]], ['an empty path', [{ path: '', text: '' }]], ['a zero byte', [{ path: 'a\0b', text: '' }]],
  ])('with %s is refused before anything is written, whatever its checksum says', async (_, tree) => {
    const payload = JSON.stringify({ ...await sample(), tree });
    const forged = gzipSync(`boot-check bundle 1 ${createHash('sha256').update(payload).digest('hex')}\n${payload}`);
    await expect(openBundle(forged, 'x')).rejects.toMatchObject({ exitCode: 2, code: 'bundle' });
  });
});

describe('secrets', () => {
  test('are replaced everywhere by something as long; code and tutorial words stay', () => {
    const code = 'API_KEY = "sk-live-51Hx9qLmZ"\nSECRET_KEY = settings.secret_key\nURL = "postgresql://app:s3cr%40t9@db/x"\nPASSWORD = "password"\n';
    const { conceal, values } = concealer(['s3cr@t9'], [code]);
    const concealed = conceal(code);
    expect(values).toContain('sk-live-51Hx9qLmZ');
    expect(concealed).not.toMatch(/sk-live-51|s3cr/);
    expect(concealed).toContain('SECRET_KEY = settings.secret_key\n');
    expect(concealed).toContain('PASSWORD = "password"\n');
    expect(concealed).toMatch(/API_KEY = "standin\dx+"/);
    expect(/API_KEY = "(.*)"/.exec(concealed)?.[1]).toHaveLength('sk-live-51Hx9qLmZ'.length);
  });
});

describe('comparing', () => {
  test('the same is the same, and what differs is said', async () => {
    const { outcome } = await sample();
    expect(differences(outcome, outcome)).toEqual([]);
    const [first, ...rest] = outcome.boots;
    expect(differences(outcome, { ...outcome, boots: [{ ...first!, stage: 'install' }, ...rest] })).toEqual(['The first boot stopped at install; it was import.']);
    expect(differences(outcome, { ...outcome, kept: outcome.kept.slice(1) })).toEqual(['The fix of driver-module-missing was not made again, or not in the same way.']);
    expect(differences(outcome, { ...outcome, verdict: 'not_healthy', unresolved: ['x'] })).toEqual(['The verdict is not_healthy; it was healed.', 'What is left is x; it was nothing.']);
    expect(lockChanges(['a==1', 'b==2'], ['a==1', 'b==3', 'c==1'])).toEqual(['b 2 → 3']);
  });
});

describe('the script', () => {
  test('is a shell script that lays the tree byte for byte, and quotes whatever stands in it', async () => {
    const bundle = await sample();
    const nasty: Bundle = {
      ...bundle, tree: [
        { path: "it's/$(touch x) `y`.py", text: "END_0\n$HOME `id` 'x'\n" }, { path: 'crlf.txt', text: 'a\r\nb' }, { path: 'bin', base64: Buffer.from([0, 1, 255]).toString('base64') }, { path: 'link', link: 'bin' }, { path: 'run.sh', text: '#!/bin/sh\n', executable: true },
      ],
    };
    await using desk = await createFixture({ bin: {} });
    const script = renderScript(nasty, { fixes: [], shell: false });
    // Only the part that lays the tree is run: what follows needs an engine.
    const laying = `${script.slice(0, script.indexOf('# 2.')).replace('work=$(mktemp -d)', `work=${desk.getPath('bin')}`).replace(/^trap .*$/m, '')})\n`;
    await desk.writeFile('s.sh', laying);
    const { exitCode, stderr } = await execa('sh', [desk.getPath('s.sh')], { cwd: desk.path, reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
    for (const { path, text, base64 } of nasty.tree) {
      if (text !== undefined) expect(await readFile(join(desk.getPath('bin'), path), 'utf8'), path).toBe(text);
      if (base64 !== undefined) expect((await readFile(join(desk.getPath('bin'), path))).toString('base64')).toBe(base64);
    }
    expect((await lstat(desk.getPath('bin/link'))).isSymbolicLink()).toBe(true);
    expect(await readdir(desk.path)).toEqual(['bin', 's.sh']);
    await desk.writeFile('whole.sh', script);
    expect((await execa('sh', ['-n', desk.getPath('whole.sh')], { reject: false })).stderr).toBe('');
    expect(script).not.toContain(PASSWORD);
  });

  test('at a boot it holds the fixes kept before it: attempts that were put back do not count', async () => {
    const bundle = await sample();
    // Boot 2 is an attempt that was put back; what was kept came one boot later each time.
    const boots = bundle.outcome.boots.flatMap((boot) => (boot.number === 2 ? [boot, { ...boot, number: 3 }] : [{ ...boot, number: boot.number > 2 ? boot.number + 1 : boot.number }]));
    const outcome = { ...bundle.outcome, boots, kept: bundle.outcome.kept.map((fix) => ({ ...fix, since: fix.since! + 1 })) };
    const kinds = (boot: number) => fixesBefore(outcome, boot)!.map(({ kind }) => kind);
    expect([1, 2, 3].map(kinds)).toEqual([[], [], []]);
    expect(kinds(4)).toEqual(['sqlmodel-wrong-export']);
    expect(kinds(6).toSorted()).toEqual(['driver-module-missing', 'sqlalchemy-sync-driver', 'sqlmodel-wrong-export']);
    const text = (boot: number, path: string) => treeWith(bundle, fixesBefore(outcome, boot)!).tree.find((entry) => entry.path === path)?.text;
    expect(text(3, 'src/core/database.py')).toContain('import AsyncSession, AsyncEngine');
    expect(text(4, 'src/core/database.py')).toContain('import AsyncEngine, create_async_engine');
    expect(text(4, 'requirements.txt')).toContain('psycopg2-binary');
    expect(text(6, 'requirements.txt')).toContain('asyncpg>=0.29.0');
  });

  test('of a bundle that does not say when a fix was kept, only the ends are known', async () => {
    const { kept, ...outcome } = (await sample()).outcome;
    const old = { ...outcome, kept: kept.map(({ kind, edits }) => ({ kind, edits })) };
    const attempts = outcome.boots.filter(({ purpose }) => purpose === 'attempt').map(({ number }) => number);
    expect(fixesBefore(old, Math.min(...attempts))).toEqual([]);
    expect(fixesBefore(old, Math.min(...attempts) + 1)).toBeNull();
    expect(fixesBefore(old, Math.max(...attempts) + 1)).toEqual(old.kept);
    const bundle = await sample();
    expect((await openBundle(await packBundle({ ...bundle, outcome: old }), 'x')).outcome.kept).toEqual(old.kept);
  });

  test('says which fixes are in its tree, and which could not be made there', async () => {
    const bundle = await sample();
    const head = (fixes: Bundle['outcome']['kept']) => renderScript(bundle, { fixes, shell: false }).split('\n').slice(0, 8).join('\n');
    const [first, ...rest] = bundle.outcome.kept;
    expect(head([])).toContain('# The tree is as it was found.\n');
    expect(head([first!])).toContain(`# The tree has 1 of the 4 fixes of the run: ${first!.kind}.\n`);
    const gone = { kind: 'odd-kind\ntouch /tmp/x', edits: [{ file_path: 'src/main.py', old_code: 'never there', new_code: 'x', explanation: '' }], since: 2 };
    expect(head([...rest, gone])).toContain('# The tree has 3 of the 4 fixes of the run: ');
    expect(head([gone])).toContain('# The tree is as it was found.\n# Not made, because the text it replaces is not in this tree: odd-kindtouch/tmp/x (src/main.py).\n');
  });
});

test.each<[string, string[], RegExp]>([
  ['neither a bundle nor a scenario', ['reproduce', 'driver-module-missing/plian'], /Did you mean `boot-check reproduce driver-module-missing\/plain`\?/],
  ['a file that is none', ['reproduce', join(import.meta.dirname, '../../package.json')], /is no bundle that can be opened/],
])('%s is refused with one sentence', async (_, argv, message) => {
  const { exitCode, stderr, options } = await cli(argv);
  expect([exitCode, options]).toEqual([2, null]);
  expect(stderr).toMatch(message);
});
