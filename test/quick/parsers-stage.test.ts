/** When a boot may be called healthy, where a sick one stopped, and which fault comes first. */
import { describe, expect, test } from 'vitest';
import type { BootOutput, Probe } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';

const STARTED = ['INFO:     Started server process [1]', 'INFO:     Waiting for application startup.', 'INFO:     Application startup complete.'];
const REQUEST_ERROR = [
  'ERROR:    Exception in ASGI application', 'Traceback (most recent call last):', '  File "/env/lib/python3.14/site-packages/uvicorn/protocols/http/h11_impl.py", line 4, in run_asgi',
  '  File "/app/main.py", line 7, in items', '    return {}["items"]', "KeyError: 'items'",
];
const IMPORT_ERROR = ['Traceback (most recent call last):', '  File "/env/bin/uvicorn", line 8, in <module>', '  File "/app/main.py", line 1, in <module>', '    import x', "ModuleNotFoundError: No module named 'x'"];

function probe(path: string, answer: number | string, more: Partial<Probe> = {}): Probe {
  const said = typeof answer === 'number' ? { status: answer } : { error: answer };
  return { from: 'inside', purpose: 'health', method: 'GET', path, at: 1, seconds: 0.1, ...said, ...more };
}

const HEALTHY: BootOutput = {
  stage: 'healthy', exit: null, lines: [], dropped: 0, markers: { waiting: true, complete: true, listening: true, timedOut: false }, probes: [probe('/health', 200)], routes: [],
  database: { sessions: 0, connections: 0, engines: [], tables: [] }, hang: [], timings: { total: 9 }, python: '3.14.0', command: ['uvicorn', 'main:app'], paths: { tree: '/app', environment: '/env' },
};

function boot(texts: readonly string[], more: Partial<BootOutput> = {}): BootOutput {
  return { ...HEALTHY, lines: texts.map((text) => ({ at: 1, stream: 'stderr', text })), ...more };
}

const engine = (ok: boolean, error?: string): BootOutput['database']['engines'][number] => ({ url: 'postgresql+asyncpg://app:hunter2@db/app', ok, ...(error ? { error } : {}) });
const seen = (more: Partial<BootOutput['database']>): BootOutput['database'] => ({ sessions: 0, connections: 0, engines: [], tables: [], ...more });

describe('healthy needs every condition', () => {
  test('all hold', () => {
    expect(parse(boot(STARTED))).toEqual({ stage: 'healthy', faults: [], names: [] });
  });

  test.each<[string, Partial<BootOutput>, 'healthy' | 'health' | 'settle', string]>([
    ['refused while coming up, then 200', { probes: [probe('/health', 'refused'), probe('/health', 200)] }, 'healthy', ''],
    ['health 404', { probes: [probe('/health', 404)] }, 'health', 'http'],
    ['health 404, another path 200: a note', { probes: [probe('/health', 404), probe('/openapi.json', 200)] }, 'healthy', 'http'],
    ['health 500, another path 200', { probes: [probe('/health', 500), probe('/openapi.json', 200)] }, 'health', 'http'],
    ['200 first, 503 later', { probes: [probe('/health', 200), probe('/health', 503)] }, 'health', 'http'],
    ['no answer', { probes: [probe('/health', 'timeout')] }, 'health', 'http'],
    ['never asked', { probes: [] }, 'health', 'http'],
    ['200 inside, nothing outside', { probes: [probe('/health', 200), probe('/health', 'refused', { from: 'outside' })] }, 'health', 'http'],
    ['a route answers 500', { probes: [probe('/health', 200), probe('/items', 500, { purpose: 'route' })] }, 'health', 'http'],
    ['the worker is gone and the reloader lives on', { stage: 'settle', probes: [probe('/health', 200)] }, 'settle', 'log'],
    ['a route answers 401', { probes: [probe('/health', 200), probe('/me', 401, { purpose: 'route' })] }, 'healthy', ''],
    ['the startup line was never seen', { markers: { ...HEALTHY.markers, complete: false } }, 'health', 'log'],
    ['the process died', { exit: { code: 4 } }, 'settle', 'exit'],
    ['killed for memory', { exit: { signal: 'SIGKILL', oom: true } }, 'settle', 'exit'],
    ['database: a session was accepted', { database: seen({ sessions: 1, connections: 2 }) }, 'healthy', ''],
    ['database: SELECT 1 works', { database: seen({ engines: [engine(true)] }) }, 'healthy', ''],
    ['database: connections without a session', { database: seen({ connections: 2 }) }, 'health', 'database'],
    ['database: SELECT 1 does not work', { database: seen({ engines: [engine(false, 'Connection refused')] }) }, 'health', 'database'],
    ['database: one of two engines was never usable', { database: seen({ engines: [engine(true), engine(false, 'x')] }) }, 'health', 'database'],
    ['database: a second engine is not usable but sessions were accepted', { database: seen({ sessions: 1, engines: [engine(true), engine(false, 'x')] }) }, 'healthy', ''],
    ['database: gone after a session was accepted', { database: seen({ sessions: 1, engines: [engine(false, 'Connect call failed')] }) }, 'health', 'database'],
    ['database: the check itself cannot run, but sessions were accepted', { database: seen({ sessions: 1, engines: [engine(false, 'attached to a different loop')] }) }, 'healthy', ''],
  ])('%s', (_name, more, stage, form) => {
    const lines = more.markers?.complete === false ? STARTED.slice(0, 2) : STARTED;
    const evidence = parse(boot(lines, more));
    expect(evidence.stage).toBe(stage);
    expect(evidence.faults[0]?.form ?? '').toBe(form);
    expect(JSON.stringify(evidence)).not.toContain('hunter2');
  });

  test('an ERROR record of an app that works is a note', () => {
    const { stage, faults } = parse(boot([...STARTED, 'ERROR:    the cache is not there, going on without']));
    expect(stage).toBe('healthy');
    expect(faults).toMatchObject([{ form: 'log', during: 'background' }]);
  });

  test('a database failure that the start swallowed is not healthy', () => {
    expect(parse(boot([STARTED[1] ?? '', 'ERROR:    init failed: [Errno 111] Connect call failed (\'127.0.0.1\', 5432)', STARTED[2] ?? ''])).stage).toBe('health');
  });

  test('the exception that a failing route raised comes first and knows its probe', () => {
    const { stage, faults } = parse(boot([...STARTED, ...REQUEST_ERROR], { probes: [probe('/health', 200), probe('/items', 500, { purpose: 'route' })] }));
    expect(stage).toBe('health');
    expect(faults).toMatchObject([{ form: 'exception', during: 'request', http: { path: '/items', status: 500 } }, { form: 'http' }]);
  });

  describe('an exception that is logged while the app answers 404 or 401', () => {
    // litestar 2 with a logging configuration, as it was seen
    const raised = (type: string, said: string): readonly string[] => [
      ...STARTED, 'ERROR - 2026-11-24 20:12:55,350 - litestar - config - Uncaught exception (connection_type=http, path=/healthcheck):', 'Traceback (most recent call last):',
      '  File "/env/lib/python3.14/site-packages/litestar/_asgi/asgi_router.py", line 90, in __call__', '    asgi_app, route_handler, path = self.handle_routing(path, method)',
      '  File "/app/src/auth.py", line 47, in authenticate', '    raise it', `${type}: ${said}`,
    ];
    const refused = { probes: [probe('/healthcheck', 404), probe('/api/v1/healthcheck', 200)] };

    test('is that answer', () => {
      expect(parse(boot(raised('litestar.exceptions.http_exceptions.NotFoundException', '404: Not Found'), refused)).stage).toBe('healthy');
      expect(parse(boot(raised('src.exceptions.UnAuthorizedError', 'Token is missing'), refused)).stage).toBe('healthy');
    });

    test('is none where all was well, where something failed, or where the code or the database broke', () => {
      const [lines, type] = [raised('src.exceptions.UnAuthorizedError', 'Token is missing'), 'asyncpg.exceptions.UndefinedTableError'];
      expect(parse(boot(lines, { probes: [probe('/api/v1/healthcheck', 200)] })).stage).toBe('health');
      expect(parse(boot(lines, { probes: [...refused.probes, probe('/items', 500, { purpose: 'route' })] })).stage).toBe('health');
      expect(parse(boot(raised('AttributeError', "'NoneType' object has no attribute 'acquire'"), refused)).stage).toBe('health');
      expect(parse(boot(raised(type, 'relation "users" does not exist'), refused)).stage).toBe('health');
    });
  });

  test('startup line printed with lifespan auto while every request gives 500', () => {
    expect(parse(boot([...STARTED, ...REQUEST_ERROR], { probes: [probe('/health', 500)] })).stage).toBe('health');
  });
});

describe('where a start stopped', () => {
  const dead: Partial<BootOutput> = { stage: 'import', exit: { code: 1 }, probes: [], markers: { waiting: false, complete: false, listening: false, timedOut: false } };

  test.each<[string, readonly string[], Partial<BootOutput>, string, string]>([
    ['a module is missing', IMPORT_ERROR, {}, 'import', 'exception'],
    ['the same under --reload: the parent lives and listens', ['INFO:     Uvicorn running on http://127.0.0.1:8080', ...IMPORT_ERROR], { exit: null, markers: { waiting: false, complete: false, listening: true, timedOut: true } }, 'import', 'exception'],
    ['silence and exit 0', [], { exit: { code: 0 } }, 'import', 'exit'],
    ['killed by the kernel', ['loading model'], { exit: { code: 137, oom: true } }, 'import', 'exit'],
    ['a hang', STARTED.slice(0, 2), { exit: null, stage: 'lifespan', markers: { waiting: true, complete: false, listening: false, timedOut: true }, hang: [{ kind: 'task', name: 'Task-2', frames: [{ file: '/app/main.py', line: 9, function: 'lifespan' }] }] }, 'lifespan', 'hang'],
    ['a hang in a driver', STARTED.slice(0, 2), { exit: null, stage: 'lifespan', markers: { waiting: true, complete: false, listening: false, timedOut: true }, hang: [{ kind: 'task', name: 'Task-2', frames: [{ file: '/app/main.py', line: 9, function: 'lifespan' }, { file: '/env/lib/python3.14/site-packages/asyncpg/connect_utils.py', line: 1, function: '_connect' }] }] }, 'connect', 'hang'],
    ['nothing at all', [], { exit: null }, 'import', 'log'],
    ['a lifespan that says why in one line', [...STARTED.slice(0, 2), 'ERROR:    no licence', 'ERROR:    Application startup failed. Exiting.'], { exit: { code: 3 } }, 'lifespan', 'log'],
    ['the port is taken, after the startup line', [...STARTED, "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8080): address already in use"], { exit: { code: 3 }, markers: { ...HEALTHY.markers, listening: false } }, 'bind', 'server'],
  ])('%s', (_name, lines, more, stage, form) => {
    const evidence = parse(boot(lines, { ...dead, ...more }));
    expect([evidence.stage, evidence.faults[0]?.form]).toEqual([stage, form]);
  });

  test('a hang names the line of the tree that waits', () => {
    const more = { ...dead, exit: null, markers: { waiting: true, complete: false, listening: false, timedOut: true }, hang: [{ kind: 'task' as const, name: 'Task-2', frames: [{ file: '/app/main.py', line: 9, function: 'lifespan' }, { file: '/usr/lib/python3.14/asyncio/locks.py', line: 2, function: 'wait' }] }] };
    expect(parse(boot(STARTED.slice(0, 2), more)).faults[0]?.summary).toBe('No progress for 9 s; the code waits at main.py:9 in lifespan');
  });

  test('last words are masked like everything else', () => {
    for (const exit of [{ code: 1 }, null]) expect(JSON.stringify(parse(boot(['cannot use postgresql://app:hunter2@db/app'], { ...dead, exit })))).not.toContain('hunter2');
  });

  test('silence says the last words of the process', () => {
    expect(parse(boot(['set the licence first'], { ...dead })).faults[0]?.summary).toBe('The server ended with exit code 1; its last line: set the licence first');
  });
});
