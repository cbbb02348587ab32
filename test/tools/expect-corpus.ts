/** (Re)writes parsers/corpus/NAME/expected.json from what the parser says now, for review with `git diff`: `node test/tools/expect-corpus.ts [NAME …]` */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootOutput } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';
import { shortenEvidence } from './shorten-evidence.ts';

const CORPUS = join(import.meta.dirname, '..', '..', 'parsers', 'corpus');
const wanted = process.argv.slice(2);

for (const name of (await readdir(CORPUS)).sort()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const output = JSON.parse(await readFile(join(CORPUS, name, 'boot.json'), 'utf8')) as BootOutput;
  const evidence = parse(output);
  await writeFile(join(CORPUS, name, 'expected.json'), `${JSON.stringify(shortenEvidence(evidence), null, 2)}\n`);
  const [first] = evidence.faults;
  console.log(`${name.padEnd(34)} ${evidence.stage.padEnd(9)} ${evidence.faults.length} ${first ? `${first.form}/${first.during} ${first.summary.slice(0, 150)}` : ''} [${evidence.names.slice(0, 8).join(' ')}]`);
}
