/** Forms that a recording cannot hold still: carriers, interleaving, hand-made edges. Whole real logs are in parsers/corpus. */
import { describe, expect, test } from 'vitest';
import type { BootOutput, LogLine, Stage } from '../../parsers/boot-output.ts';
import type { Fault } from '../../parsers/evidence.ts';
import { parse } from '../../parsers/parse.ts';

const PLAIN = [
  'Traceback (most recent call last):',
  '  File "/env/bin/uvicorn", line 8, in <module>',
  '    sys.exit(main())',
  '  File "/app/src/main.py", line 3, in <module>',
  '    import slowapi',
  "ModuleNotFoundError: No module named 'slowapi'",
];

function boot(text: readonly string[] | string, more: Partial<BootOutput> = {}): BootOutput {
  const texts = typeof text === 'string' ? text.split('\n') : text;
  const lines: LogLine[] = texts.map((line) => ({ at: 1, stream: 'stderr', text: line }));
  return {
    stage: 'import' as Stage, exit: { code: 1 }, lines, dropped: 0, markers: { waiting: false, complete: false, listening: false, timedOut: false }, probes: [], routes: [],
    database: { sessions: 0, connections: 0, engines: [], tables: [] }, hang: [], timings: { total: 1 }, python: '3.14.0', command: ['uvicorn', 'src.main:app'],
    paths: { tree: '/app', environment: '/env' }, ...more,
  };
}

function first(text: readonly string[] | string, more: Partial<BootOutput> = {}): Fault {
  const [fault] = parse(boot(text, more)).faults;
  if (!fault) throw new Error('no fault');
  return fault;
}

describe('carriers', () => {
  const carriers: Readonly<Record<string, (line: string) => string>> = {
    compose: (line) => `api-1  | ${line}`,
    'docker logs -t': (line) => `2026-11-24T05:40:00.123456789Z ${line}`,
    'Docker Desktop': (line) => `2026-11-24 05:40:00 ${line}`,
    buildkit: (line) => `#23 0.714 ${line}`,
    kubectl: (line) => `[pod/api-5d4f/api] ${line}`,
    Heroku: (line) => `2026-11-24T05:40:00.123456+00:00 app[web.1]: ${line}`,
    dapr: (line) => `== APP == ${line}`,
    'compose of docker -t': (line) => `api-1  | 2026-11-24T05:40:00.123456789Z ${line}`,
    'no carrier': (line) => line,
    'Windows colours': (line) => line.replace(/"[^"]+"/, (path) => `←[35m${path}←[0m`),
  };

  test.each(Object.keys(carriers))('%s', (name) => {
    const fault = first(PLAIN.map(carriers[name] ?? ((line) => line)));
    expect(fault.chain).toHaveLength(1);
    expect(fault.chain[0]).toMatchObject({ type: 'ModuleNotFoundError', message: "No module named 'slowapi'" });
    expect(fault.chain[0]?.frames.at(-1)).toEqual({ file: 'src/main.py', line: 3, function: '<module>', source: 'import slowapi', owner: 'tree' });
    expect([fault.from, fault.to]).toEqual([0, PLAIN.length]);
  });

  test('two services are not mixed', () => {
    const both = PLAIN.flatMap((line) => [`api-1     | ${line}`, 'worker-1  | still working']);
    expect(first(both).summary).toBe("ModuleNotFoundError: No module named 'slowapi'");
  });
});

describe('dresses of one record', () => {
  const rest = [...PLAIN.slice(1), ''];
  test.each([
    'ERROR:    ', 'ERROR:uvicorn.error:', 'ERROR (uvicorn.error): ', '[2026-11-24 05:40:00 +0000] [12] [ERROR] ', '2026/11/24 05:40:00 - ERROR: [uvicorn.error] ',
    '2026-11-24 05:40:00.123 | ERROR    | uvicorn.lifespan.on:send:123 - ', '2026-11-24 05:40:00,123 - uvicorn.error - ERROR - ', '2026-11-24T05:40:00Z [error    ] ',
    '[11/24/26 05:40:00] ERROR    ', '2026-11-24 05:40:00,123 ERROR uvicorn.error: ',
  ])('%s', (dress) => {
    const failed = `${dress}Application startup failed. Exiting.`;
    const { stage, faults } = parse(boot(['INFO:     Waiting for application startup.', `${dress}${PLAIN[0]}`, ...rest, failed], { exit: { code: 3 } }));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.chain[0]?.frames).toHaveLength(2);
    expect(stage).toBe('lifespan');
  });

  test('JSON, in whatever field the traceback hides', () => {
    for (const field of ['message', 'exc_info', 'exception', 'stack_trace', 'stack']) {
      const record = { level: 'error', message: 'it failed', [field]: PLAIN.join('\n') };
      expect(first([JSON.stringify(record), '{"level":"info","message":"bye"}']).chain[0]?.type).toBe('ModuleNotFoundError');
    }
    expect(first([JSON.stringify({ level: 40, msg: 'x', error: { stack_trace: PLAIN.join('\n') } })]).chain[0]?.type).toBe('ModuleNotFoundError');
  });

  test('logfmt, on one line and over several', () => {
    const escaped = PLAIN.join('\\n').replaceAll('"', '\\"');
    expect(first([`ts=1 level=error msg="start failed" exc_info="${escaped}"`]).chain[0]?.type).toBe('ModuleNotFoundError');
    expect(first(['timestamp=2026-11-24', 'level=error', 'message=could not bind socket']).summary).toBe('could not bind socket');
  });
});

describe('more than one voice', () => {
  test('two children that print at once are one fault', () => {
    const doubled = ['Process SpawnProcess-7:', 'Process SpawnProcess-8:', ...PLAIN.flatMap((line) => [line, line])];
    const { faults } = parse(boot(doubled, { exit: null }));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.chain[0]).toMatchObject({ message: "No module named 'slowapi'" });
    expect(faults[0]?.chain[0]?.frames).toHaveLength(2);
  });

  test('a record whose head names a request before its logger', () => {
    const dressed = PLAIN.map((line, at) => (at === 0 ? `2026-11-24T20:06:07+0000 ERROR [None] uvicorn.error: ${line}` : line));
    expect(first([...dressed, '2026-11-24T20:06:07+0000 ERROR [5f2c-1] uvicorn.error: Application startup failed. Exiting.']).chain[0]).toMatchObject({ type: 'ModuleNotFoundError' });
  });

  test('restarts repeat a fault with other numbers: one is kept', () => {
    const again = Array.from({ length: 5 }, (_, at) => [`Process SpawnProcess-${at}:`, ...PLAIN.slice(0, -1), `RuntimeError: process ${at} at 0x7f${at} gave up`, `INFO:     Child process [${at}] died`]).flat();
    expect(parse(boot(again)).faults).toHaveLength(1);
  });

  test('the first fatal block wins over what finalisers print later', () => {
    const later = ['Exception ignored in: <function Pool.__del__ at 0x7f>', 'Traceback (most recent call last):', '  File "/env/lib/python3.14/site-packages/asyncpg/pool.py", line 9, in __del__', 'RuntimeError: Event loop is closed'];
    const { faults } = parse(boot([...PLAIN, ...later]));
    expect(faults.map((fault) => [fault.chain[0]?.type, fault.during])).toEqual([['ModuleNotFoundError', 'start'], ['RuntimeError', 'background']]);
    const early = parse(boot([...later, ...PLAIN]));
    expect(early.faults[0]?.chain[0]?.type).toBe('ModuleNotFoundError');
  });

  test('a stream that prints between does not end the other stream\'s traceback', () => {
    const lines = boot(PLAIN).lines.flatMap((line, at) => [line, { at: 1, stream: 'stdout', text: `working ${at}` } as const]);
    expect(first('', { lines }).chain[0]?.frames).toHaveLength(2);
  });
});

describe('edges', () => {
  test('a statement in the message may hold blank lines', () => {
    const fault = first([...PLAIN.slice(0, -1), 'sqlalchemy.exc.ProgrammingError: (x) bad', '[SQL: ', 'CREATE TABLE a (', '', '\tid INTEGER', ')', '', ']', '(Background on this error at: https://sqlalche.me/e/20/f405)', '', 'bye']);
    expect(fault.chain[0]?.message).toContain('(Background on this error');
    expect(fault.text).not.toContain('bye');
  });

  test('a fatal interpreter error: frames turned round', () => {
    const fault = first(['Fatal Python error: Segmentation fault', '', 'Current thread 0x00007f2a (most recent call first):', '  File "/app/deep.py", line 2 in inner', '  File "/app/main.py", line 9 in <module>', '', 'Extension modules: a, b (total: 2)']);
    expect(fault.chain[0]).toMatchObject({ type: 'Fatal Python error', message: 'Segmentation fault' });
    expect(fault.chain[0]?.frames.map((frame) => frame.file)).toEqual(['main.py', 'deep.py']);
  });

  test('a log that was cut off inside a traceback still gives a fault', () => {
    expect(first(PLAIN.slice(0, 4)).chain[0]?.frames).toHaveLength(2);
  });

  test('owners: the tree may hold its environment, and a site-packages path is never the tree', () => {
    const frames = first([PLAIN[0] ?? '', '  File "/app/.venv/lib/python3.14/site-packages/x/y.py", line 1, in f', '  File "/usr/lib/python3.14/json/__init__.py", line 1, in loads', '  File "<frozen importlib._bootstrap>", line 1, in _load', '  File "src/rel.py", line 1, in g', 'ValueError: x']).chain[0]?.frames;
    expect(frames?.map((frame) => frame.owner)).toEqual(['package', 'stdlib', 'server', 'tree']);
  });
});

describe('speed', () => {
  const long = 'a'.repeat(1_000_000);
  test.each([
    ['one letter', long], ['an error message', `ValueError: ${long}`], ['a URL', `postgresql://a:${long}@b`], ['many URLs', 'x://a:b@c '.repeat(100_000)],
    ['quotes', `password="${'\\"'.repeat(500_000)}`], ['JSON', JSON.stringify({ level: 'error', message: long })], ['half JSON', `{"level": "${long}`], ['logfmt', `level=error msg="${long}`],
    ['spaces', `ERROR: ${' '.repeat(1_000_000)}x`], ['bars', '| '.repeat(500_000)], ['digits', '1'.repeat(1_000_000)], ['secrets', 'SECRET_KEY='.repeat(100_000)], ['a box', `╭${'─'.repeat(1_000_000)}╮`],
    ['equals', '='.repeat(1_000_000)], ['brackets', '['.repeat(1_000_000)], ['escapes', '\u001b['.repeat(500_000)],
  ])('a megabyte of %s does not hurt', (_name, line) => {
    const began = performance.now();
    parse(boot([...PLAIN.slice(0, 5), line, ...PLAIN.slice(5), line]));
    parse(boot([line, line], { stage: 'install' }));
    expect(performance.now() - began).toBeLessThan(2500);
  });

  test('fifty thousand lines take a second, not minutes', () => {
    const began = performance.now();
    parse(boot(Array.from({ length: 10_000 }, () => PLAIN.slice(0, 5)).flat()));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
