/**
 * `npm run real:history -- LIST --trees FOLDER` boots commits that people mended afterwards, and sets the files that boot-check edits beside those of
 * the person's own commit. Entries of LIST hold `history_cases: [{"broken_commit", "fix_commit", "kind", "file"}]`. Results stand in NDJSON beside the table.
 */
import { execa } from 'execa';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { AuditReport } from '../../harness/report/schema.ts';
import { changedFiles, layTree } from './real-trees.ts';

const USAGE = `npm run real:history -- LIST --trees FOLDER [--only OWNER/NAME]… [--runtime docker|local] [--out FOLDER] [--again] [-- OPTIONS]
`;
/** A run that takes longer counts as an error. Minutes. */
const LIMIT = 20;
const HERE = join(import.meta.dirname, '..', '..');

interface HistoryCase {
  readonly broken_commit: string;
  readonly fix_commit: string;
  /** What a reader of the person's commit took the fault for. */
  readonly kind: string;
  readonly file: string;
}

interface Entry {
  readonly repo: string;
  readonly history_cases?: readonly HistoryCase[] | null;
}

interface HistoryResult {
  readonly repo: string;
  readonly commit: string;
  readonly fault: string;
  readonly verdict: string;
  readonly before: string;
  readonly after: string;
  /** Kinds of what was fixed, and of what is left. */
  readonly fixed: readonly string[];
  readonly left: readonly string[];
  /** Paths from the top of the repository. */
  readonly human: readonly string[];
  readonly ours: readonly string[];
  readonly boots: number;
  readonly seconds: number;
  /** Why nothing could be compared. */
  readonly error?: string;
}

async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      trees: { type: 'string' }, only: { type: 'string', multiple: true }, runtime: { type: 'string', default: 'docker' },
      out: { type: 'string', default: '.boot-check-history' }, again: { type: 'boolean', default: false },
    },
  });
  const [list, ...options] = positionals;
  if (list === undefined || values.trees === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const entries = JSON.parse(await readFile(resolve(from, list), 'utf8')) as readonly Entry[];
  const [out, trees] = [resolve(from, values.out), resolve(from, values.trees)];
  await mkdir(out, { recursive: true });
  const file = join(out, 'history.ndjson');
  const cases = entries.flatMap(({ repo, history_cases: each }) => (each ?? []).map((one) => ({ repo, ...one })));
  const wanted = cases.filter(({ repo }) => values.only === undefined || values.only.some((part) => repo.toLowerCase().includes(part.toLowerCase())));
  for (const one of wanted) {
    if (!values.again && (await readHistory(file)).some((done) => isOf(done, one))) continue;
    process.stderr.write(`${one.repo} ${one.broken_commit.slice(0, 8)} (${one.kind}) …\n`);
    const result = await bootCase(one, { trees, out, runtime: values.runtime, options }, signal);
    signal.throwIfAborted();
    await appendFile(file, `${JSON.stringify(result)}\n`);
    process.stderr.write(`  ${result.error ?? `${result.verdict}: ${result.before} → ${result.after}, edits ${result.ours.join(', ') || 'nothing'}; the person ${result.human.join(', ')}`}\n`);
    const done = await readHistory(file);
    await writeFile(join(out, 'history.md'), renderHistory(cases.flatMap((each) => done.find((other) => isOf(other, each)) ?? [])));
  }
  return 0;
}

function isOf(result: HistoryResult, { repo, broken_commit: commit, kind }: { readonly repo: string; readonly broken_commit: string; readonly kind: string }): boolean {
  return result.repo === repo && result.commit === commit && result.fault === kind;
}

/** The newest result of each case. */
async function readHistory(file: string): Promise<readonly HistoryResult[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as HistoryResult).toReversed();
}

interface Order {
  readonly trees: string;
  readonly out: string;
  readonly runtime: string;
  readonly options: readonly string[];
}

async function bootCase(one: HistoryCase & { readonly repo: string }, order: Order, signal: AbortSignal): Promise<HistoryResult> {
  const base = { repo: one.repo, commit: one.broken_commit, fault: one.kind, verdict: 'error', before: '', after: '', fixed: [], left: [], human: [], ours: [], boots: 0, seconds: 0 };
  const began = performance.now();
  try {
    const human = await changedFiles({ repo: one.repo, commit: one.fix_commit }, order.trees, signal);
    await using tree = await layTree({ repo: one.repo, commit: one.broken_commit }, order.trees, signal);
    const out = join(order.out, `${one.repo.replace('/', '+')}+${one.broken_commit.slice(0, 8)}`);
    await rm(out, { recursive: true, force: true });
    const ended = await execa(process.execPath, [join(HERE, 'harness', 'main.ts'), tree.folder, '--runtime', order.runtime, '--out', out, '--json', ...order.options], {
      cwd: tree.folder, reject: false, stdin: 'ignore', cancelSignal: signal, timeout: LIMIT * 60_000, forceKillAfterDelay: 60_000, maxBuffer: 100_000_000, env: { INIT_CWD: undefined },
    });
    return { ...base, human, ...compared(JSON.parse(ended.stdout) as AuditReport), seconds: Math.round((performance.now() - began) / 1000) };
  } catch (error) {
    return { ...base, error: error instanceof Error ? error.message : String(error) };
  }
}

function compared(report: AuditReport): Pick<HistoryResult, 'verdict' | 'before' | 'after' | 'fixed' | 'left' | 'ours' | 'boots'> {
  if ('error' in report) throw new Error(JSON.stringify(report.error));
  const applied = report.issues.filter((issue) => issue.applied);
  const edited = applied.flatMap((issue) => [issue.exact_fix, ...issue.further_edits].map((edit) => posix.join(report.backend.root, edit.file_path)));
  return {
    verdict: report.verdict, before: report.stage_before, after: report.stage_after, boots: report.boots, ours: [...new Set(edited)].toSorted(),
    fixed: applied.map(({ kind }) => kind), left: report.unresolved.map((each) => `${each.kind}${each.file_path === undefined ? '' : ` (${posix.join(report.backend.root, each.file_path)})`}`),
  };
}

/** A Markdown table, with the share of cases in which a file of the person's commit was edited above it. */
function renderHistory(results: readonly HistoryResult[]): string {
  const same = ({ human, ours }: HistoryResult): boolean => ours.some((file) => human.includes(file));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  const rows = results.map((result) => line([
    `${result.repo} \`${result.commit.slice(0, 8)}\``, result.fault, result.human.map((file) => `\`${file}\``).join(', '), result.ours.map((file) => `\`${file}\``).join(', '),
    result.error === undefined ? (same(result) ? 'yes' : 'no') : '', result.verdict.replaceAll('_', ' '), String(result.boots), result.error ?? [...result.fixed, ...result.left.map((each) => `left: ${each}`)].join(', '),
  ]));
  const headings = ['Repository', 'Fault', 'The person edited', 'boot-check edited', 'Same file', 'Verdict', 'Boots', 'Fixed'];
  return [`Same file in ${results.filter(same).length} of ${results.length} cases.`, '', line(headings), line(headings.map(() => '---')), ...rows, ''].join('\n');
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort());
process.exitCode = await main(interrupt.signal);
