/** Whatever is printed, in whatever order: parse() answers, and never calls a dead server healthy. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BootOutput } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';

const FRAGMENTS = [
  '', 'Traceback (most recent call last):', '  + Exception Group Traceback (most recent call last):', '  File "/app/main.py", line 3, in <module>', '    import x', '    ^^^^^^', "ModuleNotFoundError: No module named 'x'",
  'KeyError', 'The above exception was the direct cause of the following exception:', 'During handling of the above exception, another exception occurred:', '  | ValueError: one', '  +-+---------------- 1 ----------------',
  '    | Traceback (most recent call last):', '    |   File "/app/a.py", line 1, in f', '    +---------------- 2 ----------------', '    +------------------------------------', '  File "/app/a.py", line 1', 'SyntaxError: invalid syntax',
  'INFO:     Waiting for application startup.', 'INFO:     Application startup complete.', 'ERROR:    Application startup failed. Exiting.', 'ERROR:    Traceback (most recent call last):', 'ERROR:    Exception in ASGI application',
  'Process SpawnProcess-1:', 'Fatal Python error: Aborted', 'Current thread 0x00 (most recent call first):', '  File "/app/a.py", line 1 in f', '╭──── Traceback (most recent call last) ────╮', '│ /app/main.py:1 in <module>               │',
  '╰───────────────────────────────────────────╯', '2 validation errors for Settings', 'name', '  Field required [type=missing, input_value={}, input_type=dict]', '{"level":"error","message":"a\\nTraceback (most recent call last):\\n  File \\"/app/a.py\\", line 1, in f\\nValueError: x"}',
  'Usage: uvicorn [OPTIONS] APP', 'Error: No such option: --x', 'error: Failed to build `a==1`', '[SQL: ', ']', 'Task exception was never retrieved', 'INFO:     Shutting down', '> File "/app/a.py", line 1, in f', 'level=error msg="x"',
];

const line = fc.record({ at: fc.double({ min: 0, max: 9, noNaN: true }), stream: fc.constantFrom('stdout' as const, 'stderr' as const), text: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FRAGMENTS) }, { weight: 1, arbitrary: fc.string({ maxLength: 60 }) }) });

test('any lines in any order', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.constantFrom('install' as const, 'import' as const, 'lifespan' as const, 'healthy' as const), fc.boolean(), fc.boolean(), (lines, stage, dead, complete) => {
      const output: BootOutput = {
        stage, exit: dead ? { code: 1 } : null, lines, dropped: 0, markers: { waiting: complete, complete, listening: complete, timedOut: false },
        probes: complete ? [{ from: 'inside', purpose: 'health', method: 'GET', path: '/health', status: 200, at: 1, seconds: 0 }] : [], routes: [],
        database: { sessions: 0, connections: 0, engines: [], tables: [] }, hang: [], timings: { total: 1 }, python: '3.14.0', command: [], paths: { tree: '/app', environment: '/env' },
      };
      const evidence = parse(output);
      if (dead || !complete) expect(evidence.stage).not.toBe('healthy');
      if (evidence.stage !== 'healthy') expect(evidence.faults.length).toBeGreaterThan(0);
      for (const fault of evidence.faults) {
        expect(fault.summary).not.toBe('');
        expect(fault.chain.length > 0).toBe(fault.form === 'exception');
        expect(fault.from === -1 ? fault.to : fault.to - fault.from).toSatisfy((size: number) => (fault.from === -1 ? size === -1 : size > 0 && fault.to <= lines.length));
      }
      expect(evidence.names.length).toBeLessThanOrEqual(50);
    }),
    { numRuns: 1000 },
  );
});
