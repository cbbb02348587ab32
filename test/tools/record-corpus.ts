/**
 * Records what real programs print: `node test/tools/record-corpus.ts [NAME …]`.
 *
 * Each folder below test/tools/corpus-apps holds an app and `case.json`; every Python named there runs it for real and leaves
 * parsers/corpus/NAME-PYTHON/boot.json. Interpreters come from the environment, a version each:
 *   CORPUS_PYTHON_3_11=/venv/bin/python   CORPUS_PYTHON_3_14=docker:IMAGE:/folder/with/installed/packages
 * Nothing is invented: only secrets, this machine's own folders and index hosts are replaced.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BootOutput, LogLine, Probe, Stage } from '../../parsers/boot-output.ts';
import { mask } from '../../parsers/mask.ts';
import { interpreterFor } from './corpus-interpreter.ts';
import type { Interpreter } from './corpus-interpreter.ts';
import { startCorpusPostgres } from './corpus-postgres.ts';

interface Case {
  /** First word `python` is the interpreter; others are looked up beside it. */
  readonly command: readonly string[];
  readonly pythons: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly probe?: readonly string[];
  readonly routes?: readonly string[];
  /** Longest time a boot may take; default 12. */
  readonly seconds?: number;
  /** Time the server is watched after its probes; default 0.3. */
  readonly settle?: number;
  /** A real PostgreSQL answers on 127.0.0.1:55439: user, password and database `app`. */
  readonly postgres?: boolean;
  /** The command is an installer. */
  readonly install?: boolean;
  /** Files that cannot be kept as text: path → base64. */
  readonly binary?: Readonly<Record<string, string>>;
  readonly database?: BootOutput['database'];
}

const ROOT = join(import.meta.dirname, '..', '..');
const APPS = join(import.meta.dirname, 'corpus-apps');
const CORPUS = join(ROOT, 'parsers', 'corpus');
const PORT = 8437;
const NO_DATABASE: BootOutput['database'] = { sessions: 0, connections: 0, engines: [], tables: [] };
const ENVIRONMENT = {
  PYTHONUNBUFFERED: '1', PYTHONFAULTHANDLER: '1', NO_COLOR: '1', PYTHON_COLORS: '0', TERM: 'dumb', COLUMNS: '500', PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1',
};

async function record(name: string, python: string, facts: Case): Promise<void> {
  const interpreter = interpreterFor(python);
  if (!interpreter) {
    console.error(`${name}: no Python ${python} here; name one in CORPUS_PYTHON_${python.replaceAll(/\W/g, '_')}`);
    return;
  }
  const tree = await mkdtemp(join(tmpdir(), 'corpus-'));
  try {
    await cp(join(APPS, name), tree, { recursive: true });
    for (const [path, content] of Object.entries(facts.binary ?? {})) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), Buffer.from(content, 'base64'));
    }
    await rm(join(tree, 'case.json'));
    const output = await boot(tree, interpreter, facts);
    const folder = join(CORPUS, `${name}-${python}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'boot.json'), lineByLine(storable({ ...output, recorded: { versions: interpreter.versions() } }, tree, interpreter)));
    console.log(`${name}-${python}: ${output.lines.length} lines, ${output.stage}, exit ${JSON.stringify(output.exit)}`);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function boot(tree: string, interpreter: Interpreter, facts: Case): Promise<BootOutput> {
  const started = performance.now();
  const at = (): number => Math.round(performance.now() - started) / 1000;
  // $CORPUS_TOOLS: a folder with gcc, sh and the like but without pg_config.
  const wanted = Object.fromEntries(Object.entries(facts.env ?? {}).map(([key, value]) => [key, value.replace('$CORPUS_TOOLS', process.env['CORPUS_TOOLS'] ?? '/usr/bin')]));
  const { file, args } = interpreter.command(tree, facts.command.map((word) => word.replace('$PORT_NUMBER', String(PORT))), { ...ENVIRONMENT, ...wanted });
  const child = spawn(file, args, { cwd: tree, env: { ...process.env, ...ENVIRONMENT, ...interpreter.env, ...wanted }, detached: true });
  const lines: LogLine[] = [];
  const news = new EventTarget();
  let over = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream] }).on('line', (text) => {
      lines.push({ at: at(), stream, text });
      news.dispatchEvent(new Event('line'));
    });
  }
  const closed = once(child, 'close').then(() => { over = true; news.dispatchEvent(new Event('line')); });
  const deadline = started + (facts.seconds ?? 12) * 1000;
  const says = (mark: string): boolean => lines.some((line) => line.text.includes(mark));
  await until(() => over || says('Application startup complete'), news, deadline);
  const probes: Probe[] = [];
  const complete = says('Application startup complete');
  if (complete && !over) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const path of facts.probe ?? ['/health']) probes.push(await probe(path, 'health', at));
    for (const path of facts.routes ?? []) probes.push(await probe(path, 'route', at));
    await until(() => over, news, performance.now() + (facts.settle ?? 0.3) * 1000);
  }
  const seen = [...lines];
  const exit = over ? { ...(child.exitCode === null ? {} : { code: child.exitCode }), ...(child.signalCode ? { signal: child.signalCode } : {}) } : null;
  if (!over) interpreter.kill(child);
  await closed;
  const waiting = says('Waiting for application startup');
  const ok = probes.some((one) => one.purpose === 'health' && (one.status ?? 0) >= 200 && (one.status ?? 0) < 300);
  const stage: Stage = facts.install ? 'install' : complete ? (exit ? 'settle' : ok ? 'healthy' : 'health') : waiting ? 'lifespan' : 'import';
  return {
    stage, exit, lines: seen, dropped: 0, probes, routes: [], database: facts.database ?? NO_DATABASE, hang: [],
    markers: { waiting, complete, listening: probes.some((one) => one.status !== undefined), timedOut: exit === null && !complete },
    timings: { total: at() }, python: interpreter.version(), command: facts.command, paths: { tree: interpreter.tree(tree), environment: interpreter.environment },
  };
}

async function until(done: () => boolean, news: EventTarget, deadline: number): Promise<void> {
  while (!done() && performance.now() < deadline) {
    const wait = new AbortController();
    const timer = setTimeout(() => wait.abort(), deadline - performance.now());
    await once(news, 'line', { signal: wait.signal }).catch(() => undefined);
    clearTimeout(timer);
  }
}

async function probe(path: string, purpose: Probe['purpose'], at: () => number): Promise<Probe> {
  const began = at();
  const facts = { from: 'inside', purpose, method: 'GET', path, at: began } as const;
  try {
    const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, { signal: AbortSignal.timeout(5000) });
    return { ...facts, status: answer.status, body: (await answer.text()).slice(0, 2000), seconds: at() - began };
  } catch (error) {
    return { ...facts, error: error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'refused', seconds: at() - began };
  }
}

/** JSON with one key a line, and one log line a line: readable in a diff. */
function lineByLine(value: object): string {
  const entries = Object.entries(value).map(([key, part]: [string, unknown]) => {
    const rows = Array.isArray(part) && part.length > 0 ? `[\n${part.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n ]` : JSON.stringify(part);
    return ` ${JSON.stringify(key)}: ${rows}`;
  });
  return `{\n${entries.join(',\n')}\n}\n`;
}

/** Everybody's folders become those of a container; hosts of package indexes become `index.example`. */
function storable(output: BootOutput & { recorded: unknown }, tree: string, interpreter: Interpreter): object {
  const replace = (text: string): string => {
    let clean = mask(text).replaceAll(interpreter.tree(tree), '/app').replaceAll(tree, '/app');
    for (const [from, to] of interpreter.folders) clean = clean.replaceAll(from, to);
    return clean.replace(/(?<scheme>https?:\/\/)(?!127\.|localhost|[\w.]*pydantic\.dev|sqlalche\.me|docs\.)[\w.-]+\.(?:org|net|io|com)(?=[/:]packages|[/:]simple|:\d)/g, '$<scheme>index.example').replace(/https:\/\/files\.[\w.]+/g, 'https://index.example');
  };
  return JSON.parse(JSON.stringify(output), (_key, value: unknown) => (typeof value === 'string' ? replace(value) : value)) as object;
}

const wanted = process.argv.slice(2);
const names = (await readdir(APPS)).filter((name) => wanted.length === 0 || wanted.includes(name)).sort();
const cases = await Promise.all(names.map(async (name) => ({ name, facts: JSON.parse(await readFile(join(APPS, name, 'case.json'), 'utf8')) as Case })));
await using _postgres = cases.some(({ facts }) => facts.postgres) ? await startCorpusPostgres() : null;
const only = process.env['CORPUS_ONLY'];
for (const { name, facts } of cases) for (const python of facts.pythons) if (!only || only === python) await record(name, python, facts);
