/** Every recorded case, replayed through all rules: no rule misses its case, and none takes another's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mask } from '../../parsers/mask.ts';
import { allRules } from '../../scenarios/load.ts';
import { caseFolder, listScenarios, scenariosFolder } from '../tools/lay-case.ts';
import { readExpected } from '../tools/recording.ts';
import { replayCase } from '../tools/replay-case.ts';

const { cases } = await listScenarios();

describe.each(cases)('%s', (name) => {
  const folder = caseFolder(name);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

  test('is explained as expected, fixed as expected, and not fixed twice', async () => {
    const { expected, patch, crashes, again } = await replayCase(name);
    expect(crashes).toEqual([]);
    expect(expected).toEqual(await readExpected(folder));
    expect(patch).toBe(read('fix.patch'));
    expect(again).toBe('');
  });

  test('holds no secret', () => {
    for (const text of strings(JSON.parse(read('boot.json')))) expect(mask(text)).toBe(text);
  });
});

describe('every failure kind', () => {
  test.each(allRules().map(({ kind }) => kind))('%s has a page and a case in which it is found', async (kind) => {
    const readme = readFileSync(join(scenariosFolder, kind, 'README.md'), 'utf8');
    for (const heading of ['What happens', 'Why', 'What the fix does', 'When it refuses', 'References']) expect(readme).toContain(`\n## ${heading}\n`);
    const own = cases.filter((name) => name.startsWith(`${kind}/`));
    const expected = await Promise.all(own.map((name) => readExpected(caseFolder(name))));
    expect(expected.some((findings) => findings.some((finding) => finding.kind === kind)), 'a case in which it is found').toBe(true);
  });
});

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}
