/** report.md: a run as a comment on a pull request or the summary of a CI step. What does not fit the limit is counted, never cut in the middle. */
import type { FileDiff } from '../report/fix-diffs.ts';
import type { AuditReport, Issue, Unresolved } from '../report/schema.ts';
import type { RunView } from '../report/run-view.ts';
import { logName } from './boot-logs.ts';
import { clean, duration, plural } from './layout.ts';
import { verdictSentence } from './wording.ts';

/** What GitHub takes as one comment, in characters, with room for a few words around it. */
export const COMMENT_LIMIT = 64_000;

const MARKS = { healthy: '✅', healed: '✅', not_healthy: '❌', not_booted: '➖' } as const;

/** @param limit UTF-8 bytes at most */
export function renderMarkdown(view: RunView, limit = COMMENT_LIMIT): string {
  const { report } = view;
  const healed = report.issues.filter(({ applied }) => applied);
  const left = report.issues.filter(({ applied }) => !applied);
  const blocks = [
    ...titled('What still stops it', report.unresolved.map((entry) => blocker(entry, view))),
    ...titled('What was wrong, and what was changed in a copy', healed.map((issue) => fix(issue, view))),
    ...titled('Proof', proof(report)),
    ...titled(report.verdict === 'not_booted' ? 'What was foreseen' : 'What is left', left.map((issue) => `- **${issue.severity}** ${place(issue)} ${prose(issue.problem_description)}${issue.safety === 'manual' ? ` ${prose(issue.exact_fix.explanation)}` : ''}\n`)),
    ...answers(report), ...variables(report),
  ];
  return fitting(header(report), blocks, limit);
}

function header(report: AuditReport): string {
  const { verdict, backend, boots, timings } = report;
  const facts = [...(backend.runtime === 'none' ? [] : [backend.runtime, plural(boots, 'boot')]), duration(timings.total_seconds)].join(' · ');
  const word = `${verdict.replaceAll('_', ' ')}${report.interrupted ? ', interrupted' : ''}`;
  return `## ${MARKS[verdict]} boot-check: ${word}\n\n${prose(verdictSentence(report))}. <sub>${facts}</sub>\n`;
}

/** The heading belongs to its first block: neither stands alone. */
function titled(title: string, blocks: readonly string[]): string[] {
  return blocks.map((block, index) => (index === 0 ? `\n### ${title}\n\n${block}` : block));
}

function blocker(entry: Unresolved, { boots }: RunView): string {
  const tried = entry.tried.map(({ title, why }) => `- tried: ${prose(title)}: ${prose(why)}\n`).join('');
  const hung = boots.find(({ number, stacks: dump }) => number === entry.seen_in && dump !== '');
  const stacks = hung === undefined ? '' : `What every thread and task was doing stands at the end of ${code(logName(hung.number))}.\n\n`;
  return `**${prose(entry.problem_description)}**\n${place(entry)} \`${entry.kind}\`, stops at ${entry.stage}\n\n${fenced('', entry.evidence)}${prose(entry.root_cause)}\n\n**To do:** ${prose(entry.what_to_do)}\n\n${stacks}${tried}`;
}

function fix(issue: Issue, { diffs }: RunView): string {
  const verified = issue.verified ? ` Boot ${issue.verified.before} showed it, boot ${issue.verified.after} showed it gone.` : '';
  const nod = issue.safety === 'likely' ? ' **Please look at it: it may change what the code means.**' : '';
  return `**${prose(issue.problem_description)}**\n${issue.id}, ${issue.severity}, ${place(issue)}\n\n${(diffs.get(issue.id) ?? []).map(diff).join('')}${prose(issue.exact_fix.explanation)}${verified}${nod}\n\n`;
}

function diff({ path, hunks }: FileDiff): string {
  const lines = hunks.flatMap((hunk, index) => [...(index > 0 ? ['@@'] : []), ...hunk.map(({ sign, text }) => sign + clean(text))]);
  return `${code(path)}\n${fenced('diff', lines.join('\n'))}`;
}

function proof(report: AuditReport): string[] {
  if (report.boots === 0) return [];
  const rows = Object.values(report.checks).map(({ ok, evidence }) => `- ${ok ? '✅' : '❌'} ${prose(evidence)}\n`);
  const minimal = report.minimal.proven && report.verdict === 'healed' ? [`- ✅ Every fix is needed, proven by ${plural(report.minimal.boots, 'boot')}.\n`] : [];
  return [[...new Set([...rows, ...minimal])].join('')];
}

/** One row for each declared GET without parameters. */
function answers({ routes = [] }: AuditReport): string[] {
  if (routes.length === 0) return [];
  const failing = routes.filter(({ ok }) => !ok).length;
  const rows = routes.map(({ path, status, ok, error }) => `| ${cell(`GET ${path}`)} | ${status ?? prose(error ?? 'no answer')} | ${ok ? '✅' : '❌'} |\n`);
  return [`\n<details><summary>${plural(routes.length, 'GET route')} asked, ${failing === 0 ? 'none fails' : `${failing} failing`}</summary>\n\n| Route | Answer | |\n| --- | --- | --- |\n${rows.join('')}\n</details>\n`];
}

/** Every variable that the code reads, where, and a value that boots. */
function variables({ environment }: AuditReport): string[] {
  if (environment.length === 0) return [];
  const rows = environment.map(({ name, required, value, default: fallback, source, read_at }) => `| ${cell(name)} | ${required ? 'required' : ''} | ${value !== null ? cell(value) : fallback !== null ? `${cell(fallback)} by default` : '_not shown_'} | ${source} | ${read_at.slice(0, 3).map(cell).join(' ')} |\n`);
  return [`\n<details><summary>${plural(environment.length, 'variable')} read from the environment</summary>\n\n| Variable | | A value that boots | From | Read at |\n| --- | --- | --- | --- | --- |\n${rows.join('')}\n</details>\n`];
}

/** Code inside a table: a bar would end the cell, a line break the row. */
function cell(text: string): string {
  return text === '' ? '' : code(text.replace(/\s+/g, ' ')).replaceAll('|', '\\|');
}

function place({ file_path, line_number }: Pick<Unresolved, 'file_path' | 'line_number'>): string {
  return file_path === undefined || file_path === '' ? '' : code(`${file_path}${line_number === undefined ? '' : `:${line_number}`}`);
}

/** Text that is no markup, no mention of a person and no link to an issue. */
function prose(text: string): string {
  return clean(text.replace(/\s+/g, ' ')).trim().replace(/[\\`*_{}[\]<>|~]/g, (found) => `\\${found}`).replaceAll('@', '&#64;').replace(/#(?=\d)/g, '&#35;');
}

function code(text: string): string {
  const shown = clean(text);
  const ticks = '`'.repeat(longestRun(shown) + 1);
  return shown.includes('`') ? `${ticks} ${shown} ${ticks}` : `${ticks}${shown}${ticks}`;
}

function fenced(language: string, text: string): string {
  if (text.trim() === '') return '';
  const body = text.split('\n').map((line) => clean(line)).join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}${language}\n${body}\n${fence}\n\n`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

function fitting(head: string, blocks: readonly string[], limit: number): string {
  const size = (text: string) => Buffer.byteLength(text);
  const room = limit - 200;
  let out = head;
  let skipped = 0;
  for (const block of blocks) {
    if (size(out) + size(block) <= room) out += block;
    else skipped += 1;
  }
  return skipped === 0 ? out : `${out}\n_${plural(skipped, 'entry').replace('entrys', 'entries')} did not fit here; report.html has them all._\n`;
}
