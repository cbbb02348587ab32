import { expect, test } from 'vitest';
import type { BootRecord } from '../../harness/types.ts';
import { profileOf, routeAnswers, slowStart } from '../../harness/report/start-up.ts';

function boot(number: number, output: object): BootRecord {
  return { number, purpose: 'baseline', output: { stage: 'healthy', probes: [], timings: { total: 9 }, paths: { tree: '/app', environment: '/env' }, ...output } } as unknown as BootRecord;
}

const samples = { imports: [{ name: 'pandas', seconds: 3.2 }, { name: 'json', seconds: 0.02 }], lines: [{ file: '/app/src/main.py', line: 16, seconds: 2.5 }, { file: '/elsewhere.py', line: 1, seconds: 2 }], connect: 0.3, migrations: 0 };
const timings = { import: 4, lifespan: 3, health: 0.1, total: 9 };

test('the profile of a start names packages and lines, from the cold boot that was looked into', () => {
  const boots = [boot(1, { samples, timings }), boot(2, { samples: { imports: [], lines: [] }, start: { how: 'fork' }, timings }), { ...boot(3, { timings }), purpose: 'restart' as const }];
  const profile = profileOf({ boots, kept: [], final: boots[2] } as never);
  expect(profile).toMatchObject({
    boot: 3, start_seconds: 7, slow: true, sampled_boot: 1, imports: [{ package: 'pandas', seconds: 3.2 }], lines: [{ file_path: 'src/main.py', line_number: 16, seconds: 2.5 }], connect_seconds: 0.3, migrations_seconds: 0,
  });
});

test('a slow start is the finding of the boot that was looked into, and only when every cold start of the result was slow', () => {
  const finding = (line?: number): object => ({ kind: 'slow-start', ...(line === undefined ? {} : { line }) });
  const named = { ...boot(1, { samples, timings }), findings: [finding(16)] };
  const confirmed = { ...boot(2, { timings }), purpose: 'confirm' as const, findings: [finding()] };
  const again = { ...boot(3, { timings }), purpose: 'restart' as const, findings: [finding()] };
  const slow = [named, confirmed, again] as unknown as BootRecord[];
  expect(slowStart(profileOf({ boots: slow, kept: [], final: 3 } as never), slow)).toEqual([finding(16)]);
  const quick = [named, { ...confirmed, output: { ...confirmed.output, timings: { import: 1, lifespan: 1, total: 3 } } }, again] as unknown as BootRecord[];
  expect(profileOf({ boots: quick, kept: [], final: 3 } as never)).toMatchObject({ slow: false });
  expect(slowStart(profileOf({ boots: quick, kept: [], final: 3 } as never), quick)).toEqual([]);
});

test('a fork says nothing of imports', () => {
  const boots = [boot(1, { samples, start: { how: 'fork' }, timings })];
  expect(profileOf({ boots, kept: [], final: boots[0] } as never)).not.toHaveProperty('imports');
});

test('every GET route that was asked has a row; 500 is not well, 401 is', () => {
  const probe = (path: string, status: number): object => ({ purpose: 'route', path, status });
  const asked = boot(1, { timings, probes: [probe('/notes', 500), probe('/me', 401), { purpose: 'route', path: '/slow', error: 'no answer' }, { purpose: 'health', path: '/health', status: 200 }] });
  expect(routeAnswers({ boots: [asked] })).toEqual([
    { path: '/notes', status: 500, ok: false, boot: 1 }, { path: '/me', status: 401, ok: true, boot: 1 }, { path: '/slow', status: null, ok: false, error: 'no answer', boot: 1 },
  ]);
});
