/** Every recorded boot in parsers/corpus is parsed again and compared with its reviewed expectation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BootOutput } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';
import { shortenEvidence } from '../tools/shorten-evidence.ts';

const CORPUS = join(import.meta.dirname, '..', '..', 'parsers', 'corpus');
const NAMES = readdirSync(CORPUS).sort();
/** Made-up secrets of the recorded apps; some boots print them, no evidence may. */
const SECRETS = ['hunter2', 's3cr3t-value', 't0ps3cret'];

function read(name: string, file: string): unknown {
  return JSON.parse(readFileSync(join(CORPUS, name, file), 'utf8'));
}

describe('recorded boots', () => {
  test('there are at least sixty, on the oldest and the newest Python', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(60);
    const pythons = new Set(NAMES.map((name) => (read(name, 'boot.json') as BootOutput).python.split('.').slice(0, 2).join('.')));
    expect([...pythons]).toEqual(expect.arrayContaining(['3.11', '3.13', '3.14']));
  });

  test.each(NAMES)('%s', (name) => {
    const evidence = parse(read(name, 'boot.json') as BootOutput);
    expect(JSON.parse(JSON.stringify(shortenEvidence(evidence)))).toEqual(read(name, 'expected.json'));
    if (evidence.stage !== 'healthy') expect(evidence.faults.length).toBeGreaterThan(0);
    const said = JSON.stringify(evidence);
    for (const secret of SECRETS) expect(said).not.toContain(secret);
  });
});
