/**
 * `npm run docs:check [-- --write]`: tests every numbered statement of docs/research.md against real packages, on each Python of the matrix, and compares
 * the matrix with what uv can install today. Statements run in the Python container where there is an image, else on the machine's own Python of that
 * version. `--write` puts the measured matrix into the page.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { findEngine } from '../../docker/engine.ts';
import { findImage, pythonRecipe } from '../../docker/images.ts';
import { cacheFolders } from '../../local/cache.ts';
import { installerEnvironment } from '../../local/installer-environment.ts';
import { bestPython, findPythons } from '../../local/python.ts';
import { findTools } from '../../local/tools.ts';

const PAGE = join(import.meta.dirname, '../../docs/research.md');
const PYTHONS = ['3.14', '3.11'];
const PACKAGES = ['fastapi', 'starlette', 'sqlmodel', 'asyncpg', 'psycopg[binary]', 'psycopg2-binary', 'greenlet', 'pydantic', 'pydantic-settings', 'uvicorn', 'httpx'];
/** Rows of the matrix: from where on a release counts, because very old ones were pure. */
const ROWS = ['pydantic>=2', 'asyncpg', 'psycopg2-binary', 'psycopg-binary', 'greenlet', 'uvloop', 'httptools', 'orjson', 'watchfiles>=1', 'numpy', 'lxml', 'pillow', 'markupsafe', 'pyyaml', 'cffi'];

interface Uv {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Answers {
  readonly python: string;
  readonly statements: Readonly<Record<string, readonly [holds: boolean, seen: string]>>;
}

async function findUv(signal: AbortSignal): Promise<Uv> {
  const { python } = await bestPython('3.14', signal);
  const [tools, env] = await Promise.all([findTools(cacheFolders(), python, signal), installerEnvironment(python, signal)]);
  return { program: tools.uv, env: { ...env, UV_NO_PROGRESS: '1', NO_COLOR: '1' } };
}

/** Folder with the packages for one Python; filled anew when something newer is out. */
async function filled(uv: Uv, python: string, name: string, packages: readonly string[]): Promise<string> {
  const folder = join(cacheFolders().root, 'docs-check', `${python}-${name}`);
  await mkdir(folder, { recursive: true });
  await execa(uv.program, ['pip', 'install', '--quiet', '--upgrade', '--only-binary', ':all:', '--python-version', python, '--python-platform', 'x86_64-unknown-linux-gnu', '--target', folder, ...packages], { env: uv.env });
  return folder;
}

async function ask(python: string, folders: readonly string[], signal: AbortSignal): Promise<Answers> {
  const script = join(import.meta.dirname, 'docs_check.py');
  const search = await findEngine();
  const image = search.found ? await findImage(search.engine, pythonRecipe(python)) : undefined;
  if (image !== undefined) {
    const mounts = [...folders, script].flatMap((path) => ['-v', `${path}:${path}:ro`]);
    const { stdout } = await execa('docker', ['run', '--rm', '--network', 'none', ...mounts, '--entrypoint', 'python3', image.tag, script, ...folders], { cancelSignal: signal });
    return JSON.parse(stdout) as Answers;
  }
  const host = (await findPythons(signal)).find(({ version }) => version.startsWith(`${python}.`));
  if (host === undefined) throw new Error(`Python ${python} is neither in an image nor on this machine: npm run setup, or install it.`);
  const { stdout } = await execa(host.program, [script, ...folders], { cancelSignal: signal });
  return JSON.parse(stdout) as Answers;
}

/** The version that uv takes, from wheels alone. */
async function resolved(uv: Uv, python: string, requirement: string, resolution: 'highest' | 'lowest-direct'): Promise<string> {
  const ran = await execa(uv.program, ['pip', 'compile', '--quiet', '--no-header', '--no-annotate', '--only-binary', ':all:', '--python-version', python, '--python-platform', 'x86_64-unknown-linux-gnu', '--resolution', resolution, '-'], { env: uv.env, input: requirement, reject: false });
  const name = requirement.replace(/[>=<].*$/, '');
  return new RegExp(`^${name}==(?<version>[^\\s;]+)`, 'm').exec(ran.stdout ?? '')?.groups?.['version'] ?? 'none';
}

async function matrix(uv: Uv): Promise<string> {
  const rows: string[] = [];
  for (const requirement of ROWS) {
    const [newest, ...firsts] = await Promise.all([resolved(uv, '3.14', requirement, 'highest'), ...PYTHONS.map((python) => resolved(uv, python, requirement, 'lowest-direct'))]);
    rows.push(`| ${requirement.replace(/>=.*/, '')} | ${firsts.join(' | ')} | ${newest} |`);
  }
  return [`| Package | First wheel for ${PYTHONS[0]} | First wheel for ${PYTHONS[1]} | Newest, ${new Date().toISOString().slice(0, 10)} |`, '|---|---|---|---|', ...rows].join('\n');
}

/** The columns that do not change with every release. */
function lasting(table: string): string {
  return table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| Package')).map((line) => line.split('|').slice(1, 4).join('|')).join('\n');
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  const uv = await findUv(signal);
  const problems: string[] = [];
  const page = await readFile(PAGE, 'utf8');
  const numbered = new Set([...page.matchAll(/\*\*\[(?<number>\d+)\]\*\*/g)].map(({ groups }) => groups?.['number'] ?? ''));
  const tested = new Set(['2', '14', '15']);
  for (const python of PYTHONS) {
    const folders = [await filled(uv, python, 'new', [...PACKAGES, 'sqlalchemy']), await filled(uv, python, 'old', [...PACKAGES, 'sqlalchemy<2.1'])];
    const answers = await ask(python, folders, signal);
    for (const [number, [holds, seen]] of Object.entries(answers.statements)) {
      tested.add(number);
      process.stdout.write(`${holds ? 'holds ' : 'FAILS '} [${number}] on ${answers.python}: ${seen}\n`);
      if (!holds) problems.push(`statement ${number} does not hold on ${answers.python}`);
    }
  }
  const measured = await matrix(uv);
  const written = /<!-- matrix -->\n(?<table>[\s\S]*?)\n?<!-- \/matrix -->/.exec(page)?.groups?.['table'] ?? '';
  if (values.write) await writeFile(PAGE, page.replace(/<!-- matrix -->[\s\S]*<!-- \/matrix -->/, `<!-- matrix -->\n${measured}\n<!-- /matrix -->`));
  else if (lasting(written) !== lasting(measured)) problems.push(`the matrix is another one now (npm run docs:check -- --write):\n${measured}`);
  const row = (name: string): string => new RegExp(`^\\| ${name} \\| (?<first>[\\d.]+)`, 'm').exec(measured)?.groups?.['first'] ?? 'none';
  if (row('asyncpg') !== '0.31.0') problems.push(`statement 2: the first asyncpg for 3.14 is ${row('asyncpg')}`);
  if (!row('pydantic').startsWith('2.12')) problems.push(`statement 15: the first pydantic for 3.14 is ${row('pydantic')}`);
  for (const number of numbered) if (!tested.has(number)) problems.push(`statement ${number} is tested by nothing`);
  process.stdout.write(`${measured}\n${problems.map((problem) => `FAILS  ${problem}\n`).join('')}`);
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(new AbortController().signal);
