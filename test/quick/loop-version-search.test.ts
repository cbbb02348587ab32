/** How many versions of a crashing package are tried before the version is known not to be the matter. */
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../parsers/evidence.ts';
import type { Release } from '../../scenarios/types.ts';
import { fix, play, swap } from './loop-script.ts';
import type { Ill, Told } from './loop-script.ts';

type Tried = readonly [version: string, newer: boolean];

/** `pinned` of main.py crashes in every version but `healthy`; `said` is what each one says. */
async function search(tried: readonly Tried[], healthy: string | undefined, said: (version: string) => string = () => 'no such option'): Promise<Told> {
  const release = (version: string, newer: boolean): { release: Release } => ({ release: { name: 'shop', version, newer } });
  const ill: Ill = {
    name: 'crash', stage: 'import', shows: (files) => healthy === undefined || !files['main.py']?.includes(`"${healthy}"`),
    fixes: (source) => tried.map(([version, newer]) => ({ ...swap(source, 'main.py', '2.3.0', version), ...release(version, newer) })),
  };
  let version = '';
  return await play({
    files: { 'main.py': 'pinned = "2.3.0"\n' }, ills: [ill],
    deps: (deps) => ({
      write: async (texts) => {
        version = /"(.*)"/.exec(texts.get('main.py') ?? '"2.3.0"')?.[1] ?? '';
        await deps.write(texts);
      },
      parse: (output): Evidence => {
        const evidence = deps.parse(output);
        const frame = { file: '/env/lib/python3.14/site-packages/shop/core.py', line: 1, function: 'start', owner: 'package' } as const;
        return { ...evidence, faults: evidence.faults.map((fault) => ({ ...fault, chain: [{ type: 'TypeError', message: said(version), notes: [], frames: [frame] }] })) };
      },
    }),
  });
}

const unbooted = (told: Told): readonly (readonly [string, string])[] => told.rejected.flatMap(({ fix: { release }, boot, why }) => (boot === null ? [[release?.version ?? '', why] as const] : []));

describe('the search for another version of a package', () => {
  test('ends when two versions gave the very same fault, and says so', async () => {
    const told = await search([['2.2.9', false], ['1.9.0', false], ['1.2.0', false], ['1.1.0', false]], undefined);
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'baa' });
    expect(unbooted(told)).toEqual([
      ['1.2.0', 'Not tried: 2.2.9 and 1.9.0 of shop gave the very same fault.'],
      ['1.1.0', 'Not tried: 2.2.9 and 1.9.0 of shop gave the very same fault.'],
    ]);
  });

  test('an address in the message is not another message', async () => {
    const told = await search([['2.2.9', false], ['1.9.0', false], ['1.2.0', false]], '1.2.0', (version) => `<Shop at 0x${version.replaceAll('.', 'f')}> has no start`);
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'baa' });
  });

  test('the next major is tried, whatever the present one gave', async () => {
    const told = await search([['2.3.9', true], ['2.9.0', true], ['3.0.1', true]], '3.0.1');
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr' });
  });

  test('an older one is tried when only newer ones were', async () => {
    const told = await search([['2.3.9', true], ['3.0.1', true], ['2.2.9', false], ['1.9.0', false]], '2.2.9');
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr' });
  });

  test('and with it the older ones end', async () => {
    const told = await search([['2.3.9', true], ['3.0.1', true], ['2.2.9', false], ['1.9.0', false]], undefined);
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'baaa' });
    expect(unbooted(told).map(([version]) => version)).toEqual(['1.9.0']);
  });

  test('another fault says nothing about the rest', async () => {
    const told = await search([['2.2.9', false], ['1.9.0', false], ['1.2.0', false]], '1.2.0', (version) => `no option ${version}`);
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr' });
  });

  test('a fix that is no version of a package is always tried', async () => {
    const told = await play({
      files: { 'main.py': 'a = "2.3.0"\n' }, ills: [{
        name: 'crash', stage: 'import', shows: (files) => !files['main.py']?.includes('"4"'), raisedAt: 1, raisedIn: 'package',
        fixes: (source) => ['1', '2', '3', '4'].map((to) => fix([{ file: 'main.py', old: '2.3.0', new: to, at: source.files.get('main.py')?.text.indexOf('2.3.0') ?? 0 }], to)),
      }],
    });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaaacr' });
  });
});
