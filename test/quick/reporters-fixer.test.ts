/** Outside fixers that help, lie, hang, crash, print rubbish, and reach outside of the tree. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Ajv } from 'ajv';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { askFixer } from '../../harness/fixer/ask.ts';
import { fixerReplyJsonSchema, fixerRequestJsonSchema } from '../../harness/fixer/contract.ts';
import type { FixerRequest } from '../../harness/fixer/contract.ts';
import { readReply } from '../../harness/fixer/reply.ts';
import { fixerRequest } from '../../harness/fixer/request.ts';
import { maskingFor } from '../../harness/report/masking.ts';
import { play, swap } from './loop-script.ts';
import type { Ill } from './loop-script.ts';
import { PASSWORD, stuckRun } from './report-sample.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/fixer.py');

async function asked(): Promise<{ request: FixerRequest; source: Awaited<ReturnType<typeof stuckRun>>['result']['source'] }> {
  const { result, facts } = await stuckRun();
  const [finding] = result.unresolved;
  const source = { ...result.source, files: facts.original as typeof result.source.files };
  return { request: fixerRequest(finding!, result.boots[2]!, result.rejected, source, maskingFor(facts.secrets)), source };
}

async function ask(script: string, { seconds = 20, signal = new AbortController().signal } = {}) {
  const { request, source } = await asked();
  return askFixer(request, source, { words: [process.execPath, '-e', script], cwd: import.meta.dirname, seconds }, signal);
}

const answer = (value: unknown) => `process.stdout.write(${JSON.stringify(JSON.stringify(value))})`;
const FIX = { file_path: 'requirements.txt', old_code: 'psycopg2-binary>=2.9.9', new_code: 'asyncpg>=0.29.0', explanation: 'It is async.' };

describe('the request', () => {
  test('is what the contract says, names the fault and its files, and holds no secret', async () => {
    const { request } = await asked();
    expect(new Ajv({ strict: true }).compile(fixerRequestJsonSchema())(request)).toBe(true);
    expect(request.issue).toMatchObject({ kind: 'driver-module-missing', file_path: 'requirements.txt', tried: [{ title: 'Install psycopg', why: 'the same module is still missing' }] });
    expect(request.files.map(({ file_path }) => file_path)).toEqual(['requirements.txt', 'src/core/database.py']);
    expect(JSON.stringify(request)).not.toContain(PASSWORD);
  });

  test('reaches the program on stdin', async () => {
    const reply = await ask(`let all = ''; process.stdin.on('data', (part) => { all += part; }).on('end', () => {
      const { issue } = JSON.parse(all);
      process.stdout.write(JSON.stringify({ title: 'for ' + issue.kind, fix: ${JSON.stringify(FIX)} }));
    })`);
    expect(reply).toMatchObject({ fix: { title: 'for driver-module-missing', safety: 'likely' } });
  });
});

describe('the answer', () => {
  test.each<[string, unknown]>([['a whole answer', { fix: FIX }], ['a bare CodeFix', FIX]])('%s becomes a fix that needs a nod', async (_, value) => {
    expect(new Ajv({ strict: false }).compile(fixerReplyJsonSchema())(value)).toBe(true);
    const reply = await ask(answer(value));
    expect(reply).toMatchObject({ fix: { safety: 'likely', explanation: 'Proposed by the outside fixer: It is async.' } });
  });

  test('edits that build on each other come out as edits of the tree', async () => {
    const { source } = await asked();
    const reply = readReply(JSON.stringify({ fix: FIX, further_edits: [{ ...FIX, old_code: 'asyncpg>=0.29.0', new_code: 'asyncpg>=0.30' }] }), source);
    expect(reply).toMatchObject({ fix: { edits: [{ file: 'requirements.txt' }] } });
    expect('fix' in (reply as object) && JSON.stringify(reply)).toContain('0.30');
    expect(JSON.stringify(reply)).not.toContain('0.29.0');
  });

  test.each(['', '  \n', 'null', '{"fix": null}'])('%j means that it knows none', async (text) => {
    const { source } = await asked();
    expect(readReply(text, source)).toBe('none');
  });

  test.each<[string, object, RegExp]>([
    ['above the tree', { file_path: '../../etc/passwd' }, /does not lie in the tree/],
    ['at an absolute path', { file_path: '/etc/passwd' }, /does not lie in the tree/],
    ['at a drive', { file_path: 'C:\\x.py' }, /does not lie in the tree/],
    ['above with backslashes', { file_path: 'src\\..\\..\\x.py' }, /does not lie in the tree/],
    ['in git\'s own files', { file_path: '.git/hooks/pre-commit', old_code: '' }, /is no file of the backend/],
    ['of code that is not there', { old_code: 'no such line' }, /occurs 0 times/],
    ['of code that is there twice', { old_code: '>=' }, /occurs \d+ times/],
    ['of a file that is not there', { file_path: 'nowhere.py' }, /occurs 0 times in nowhere\.py/],
    ['over a file that exists', { old_code: '' }, /exists already/],
    ['with a part missing', { new_code: undefined }, /breaks the contract/],
  ])('an edit %s is refused', async (_, change, message) => {
    const { source } = await asked();
    expect(readReply(JSON.stringify({ fix: { ...FIX, ...change } }), source)).toEqual({ problem: expect.stringMatching(message) });
  });

  test.each<[string, string, RegExp]>([
    ['prints rubbish', 'process.stdout.write("Sure! Here is the fix:")', /printed something that is no JSON/],
    ['crashes', 'console.error("out of credits"); process.exit(3)', /ended with exit code 3: out of credits/],
    ['is killed', 'process.kill(process.pid, "SIGKILL")', /was ended by SIGKILL/],
    ['prints without end', 'const more = () => process.stdout.write("x".repeat(1e5), more); more()', /printed more than 1 MB|gave no answer/],
  ])('a fixer that %s is told about and changes nothing', async (_, script, message) => {
    expect(await ask(script)).toEqual({ problem: expect.stringMatching(message) });
  });

  test('a program that does not exist', async () => {
    const { request, source } = await asked();
    expect(await askFixer(request, source, { words: ['no-such-program'], cwd: '/' }, new AbortController().signal)).toEqual({ problem: expect.stringMatching(/could not be started/) });
  });

  test('a fixer that hangs, deaf to signals and with a child of its own, is gone after its time', async () => {
    await using desk = await createFixture({});
    const began = performance.now();
    const reply = await ask(`process.on('SIGTERM', () => {});
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      require('node:fs').writeFileSync(${JSON.stringify(desk.getPath('pid'))}, String(child.pid));
      setInterval(() => {}, 1000);`, { seconds: 2 });
    expect(reply).toEqual({ problem: expect.stringMatching(/gave no answer within 2 s/) });
    expect(performance.now() - began).toBeLessThan(10_000);
    const pid = Number(await readFile(desk.getPath('pid'), 'utf8'));
    await expect.poll(() => isAlive(pid), { timeout: 3000 }).toBe(false);
  });

  test('an interrupt ends it at once', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 300);
    await expect(ask('setInterval(() => {}, 1000)', { signal: interrupt.signal })).rejects.toThrow();
  });
});

describe('in the loop', () => {
  const ill: Ill = { name: 'riddle', stage: 'import', shows: (files) => !files['main.py']?.includes('right'), fixes: () => [] };
  const script = { files: { 'main.py': 'x = "wrong"\n' }, ills: [ill] };

  test('a fix that helps is kept, confirmed, and marked as needing a nod', async () => {
    const told = await play({ ...script, deps: () => ({ propose: async ({ source }) => swap(source, 'main.py', 'wrong', 'right', 'likely') }) });
    expect(told).toMatchObject({ outcome: 'healed', kept: [{ fix: { safety: 'likely' } }] });
    expect(told.files['main.py']).toContain('right');
  });

  test('a liar is put back, told why, and asked three times at most', async () => {
    const heard: string[][] = [];
    const told = await play({ ...script, deps: () => ({ propose: async ({ source, rejected }) => {
      heard.push(rejected.map(({ why }) => why));
      return swap(source, 'main.py', 'wrong', `wrong ${heard.length}`, 'likely');
    } }) });
    expect(told).toMatchObject({ outcome: 'stuck', kept: [] });
    expect(told.disk['main.py']).toBe('x = "wrong"\n');
    expect(heard).toHaveLength(3);
    expect(heard[2]).toEqual(['The same fault is still there.', 'The same fault is still there.']);
  });

  test('one that makes it worse, breaks the syntax or removes a route is put back', async () => {
    const files = { 'main.py': '@app.get("/a")\ndef a():\n    return "wrong"\n' };
    const replies = ['def (', '', 'x = "right"\n'];
    const told = await play({ files, ills: [ill], deps: () => ({ propose: async ({ source }) => {
      const text = replies.shift();
      return text === undefined ? null : { ...swap(source, 'main.py', files['main.py'], text, 'likely'), edits: [{ file: 'main.py', old: files['main.py'], new: text, at: 0 }] };
    } }) });
    expect(told).toMatchObject({ outcome: 'stuck', kept: [] });
    expect(told.rejected).toHaveLength(3);
    expect(told.disk['main.py']).toBe(files['main.py']);
  });

  test('it is not asked while a rule has a fix, when all is well, nor with --safe-only', async () => {
    let asks = 0;
    const propose = async () => { asks += 1; return null; };
    await play({ ...script, ills: [{ ...ill, fixes: (source) => [swap(source, 'main.py', 'wrong', 'right')] }], deps: () => ({ propose }) });
    await play({ ...script, ills: [], deps: () => ({ propose }) });
    await play({ ...script, options: { safeOnly: true }, deps: () => ({ propose }) });
    expect(asks).toBe(0);
  });
});

describe('the example', () => {
  test('knows its one thing, and says null otherwise', async () => {
    const { request, source } = await asked();
    const program = { words: ['python3', EXAMPLE], cwd: '/' };
    const signal = new AbortController().signal;
    expect(await askFixer(request, source, program, signal)).toBe('none');
    const file = { path: 'src/x.py', text: 'import os\nfrom corelib.auth import check\n' };
    const wanted = { ...request, issue: { ...request.issue, tried: [], evidence: "ModuleNotFoundError: No module named 'corelib'" }, files: [{ file_path: file.path, text: file.text }] };
    expect(await askFixer(wanted, { ...source, files: new Map([[file.path, file]]) }, program, signal)).toMatchObject({
      fix: { title: 'Rename corelib to platform_core', edits: [{ file: 'src/x.py', new: expect.stringContaining('platform_core') }] },
    });
    expect((await readFile(EXAMPLE, 'utf8')).split('\n').length).toBeLessThanOrEqual(35);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
