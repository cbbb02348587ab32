/** The one screen a run ends with: what was wrong, what was changed, the proof, what is left, where the files are. */
import { relative } from 'node:path';
import type { AuditReport, Unresolved } from '../report/schema.ts';
import { clean, duration, ends, fit, length, plural, wrap } from './layout.ts';
import { glyphsOf, painter } from './look.ts';
import type { Glyphs, Look, Paint } from './look.ts';
import { renderFix, wholeLinesOf } from './screen-diff.ts';
import { verdictSentence } from './wording.ts';

export interface Places {
  /** Absolute output folder. */
  readonly out: string;
  /** Folder the command was typed in: paths are shown from here. */
  readonly cwd: string;
  /** `--write` put the healed files into the user's tree. */
  readonly wrote: boolean;
}

interface Page {
  readonly report: AuditReport;
  readonly look: Look;
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Prose is hard to read over more columns than this. */
  readonly prose: number;
}

const MAX_PROSE = 100;
const MAX_EVIDENCE_LINES = 8;
const MAX_NOTES = 6;

/** @returns the screen, ending with a newline */
export function renderScreen(report: AuditReport, look: Look, places: Places): string {
  const page: Page = { report, look, paint: painter(look), glyphs: glyphsOf(look), prose: Math.min(look.width, MAX_PROSE) };
  const sections = [verdict(page), blockers(page), wrong(page), changed(page, places), proof(page), left(page), files(page, places)];
  return `\n${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function verdict({ report, paint, glyphs, prose }: Page): string[] {
  const good = report.verdict === 'healed' || report.verdict === 'healthy';
  const mark = good ? glyphs.good : glyphs.bad;
  const word = `${report.verdict.replaceAll('_', ' ')}${report.interrupted ? ', interrupted' : ''}`;
  const left = `${mark} ${word}  ${clean(verdictSentence(report))}`;
  const right = [report.backend.runtime, plural(report.boots, 'boot'), duration(report.timings.total_seconds)].join(` ${glyphs.dot} `);
  const { gap, fits } = ends(left, right, prose);
  const painted = paint(good ? 'green' : 'red', paint('bold', `${mark} ${word}`)) + left.slice(`${mark} ${word}`.length);
  return fits ? [painted + gap + paint('dim', right)] : [painted, paint('dim', `  ${right}`)];
}

/** What still stops the start comes first: it is what the reader came for. */
function blockers(page: Page): string[] {
  const { report, paint } = page;
  if (report.unresolved.length === 0) return [];
  return [paint('bold', 'What still stops it'), ...report.unresolved.flatMap((entry) => blocker(entry, page))];
}

function blocker(entry: Unresolved, { paint, glyphs, prose, look }: Page): string[] {
  const left = `  ${glyphs.bad}  ${place(entry.file_path ?? '', entry.line_number) || entry.stage}`;
  const evidence = entry.evidence.split('\n').filter((line) => line.trim() !== '');
  return [
    heading(left, entry.kind, prose, paint),
    ...indented(described(entry), prose),
    ...evidence.slice(0, MAX_EVIDENCE_LINES).map((line) => paint('dim', `     ${glyphs.bar} ${fit(clean(line), look.width - 7, glyphs.ellipsis)}`)),
    ...labelled('why', entry.root_cause, prose, paint),
    ...labelled('do', entry.what_to_do, prose, paint),
    ...entry.tried.flatMap(({ title, why }) => labelled('tried', `${title}: ${why}`, prose, paint)),
  ];
}

function wrong({ report, paint, prose, glyphs }: Page): string[] {
  const healed = report.issues.filter(({ applied }) => applied);
  if (healed.length === 0) return [];
  return [paint('bold', 'What was wrong'), ...healed.flatMap((issue, index) => [
    heading(` ${number(index)}  ${place(issue.file_path, issue.line_number)}`, `${issue.severity} ${glyphs.dot} ${issue.id}`, prose, paint),
    ...indented(described(issue), prose),
  ])];
}

function changed({ report, look, paint, glyphs }: Page, { wrote }: Places): string[] {
  const healed = report.issues.filter(({ applied }) => applied);
  if (healed.length === 0) return [];
  const where = wrote && (report.verdict === 'healed') ? 'What was changed in your tree' : 'What was changed, in a copy';
  const whole = wholeLinesOf(report);
  return [paint('bold', where), ...healed.flatMap((issue, index) => {
    const edits = [issue.exact_fix, ...issue.further_edits];
    return edits.flatMap((edit, at) => {
      const same = at > 0 && edits[at - 1]?.file_path === edit.file_path;
      const nod = at === 0 && issue.safety === 'likely' ? paint('yellow', '  likely right: please look at it') : '';
      const head = same ? [] : [` ${at === 0 ? number(index) : '  '}  ${paint('cyan', edit.file_path)}${nod}`];
      return [...head, ...renderFix(whole(edit), '     ', look, paint, glyphs)];
    });
  })];
}

function proof({ report, paint, glyphs, prose }: Page): string[] {
  if (report.boots === 0) return [];
  const good = report.verdict === 'healed' || report.verdict === 'healthy';
  const { checks, minimal, timings } = report;
  const confirmed = timings.boots.find(({ purpose, stage }) => purpose === 'confirm' && stage === 'healthy');
  const restarted = timings.boots.find(({ purpose, stage }) => purpose === 'restart' && stage === 'healthy');
  const lines: readonly (readonly [ok: boolean, text: string])[] = [
    [good, firstAndLast(report)],
    ...(good ? [] : [[checks.no_import_error.ok, checks.no_import_error.evidence] as const]),
    [checks.database_engine.ok, checks.database_engine.evidence],
    [checks.startup_complete.ok, checks.startup_complete.evidence],
    [checks.health.ok, checks.health.evidence],
    ...(confirmed ? [[true, `Boot ${confirmed.number}, in a fresh place: ${report.backend.command}`] as const] : []),
    ...(restarted ? [[true, `Boot ${restarted.number}: started again on the same database.`] as const] : []),
    ...(minimal.proven && report.verdict === 'healed'
      ? [[true, `Every fix is needed: 1-minimal, proven by ${plural(minimal.boots, 'boot')}.`] as const] : []),
  ];
  const unique = lines.filter(([, text], index) => lines.findIndex(([, other]) => other === text) === index);
  return [paint('bold', good ? 'Proof' : 'What the last boot showed'), ...unique.flatMap(([ok, text]) => {
    const [first = '', ...rest] = wrap(text, prose - 5);
    const mark = ok ? paint('green', glyphs.good) : paint('red', glyphs.bad);
    return [`  ${mark}  ${first}`, ...rest.map((line) => `     ${line}`)];
  })];
}

function firstAndLast({ stage_before, stage_after, boots, issues }: AuditReport): string {
  if (stage_before === 'healthy') return 'Boot 1 was healthy.';
  if (boots === 1 || !issues.some(({ applied }) => applied)) return `Boot 1 stopped at ${stage_before}.`;
  if (stage_after === 'healthy') return `Boot 1 stopped at ${stage_before}, boot ${boots} is healthy.`;
  const now = stage_after === stage_before ? 'still does' : `stops at ${stage_after}`;
  return `Boot 1 stopped at ${stage_before}, and with the fixes it ${now}.`;
}

/** Notes that were not applied, and advice. */
function left({ report, paint, glyphs, prose }: Page): string[] {
  const notes = report.issues.filter(({ applied }) => !applied);
  if (notes.length + report.recommendations.length === 0) return [];
  const more = notes.length - MAX_NOTES;
  const safe = notes.some(({ safety }) => safety === 'safe');
  return [
    paint('bold', report.verdict === 'not_healthy' ? 'What else was seen' : 'What is left (it does not stop the start)'),
    ...notes.slice(0, MAX_NOTES).flatMap((issue) => [
      heading(`  ${glyphs.open}  ${place(issue.file_path, issue.line_number)}`, `${issue.severity} ${glyphs.dot} ${issue.id}`, prose, paint),
      ...indented(described(issue), prose),
      // Without a patch, what to do is all there is.
      ...(issue.safety === 'manual' ? indented(issue.exact_fix.explanation, prose) : []),
    ]),
    ...(more > 0 ? [paint('dim', `     ${plural(more, 'more note')} in audit_report.json`)] : []),
    ...(safe ? [paint('dim', '     --tidy applies the safe ones, each proven by a boot')] : []),
    ...report.recommendations.flatMap(({ description }) => {
      const [first = '', ...rest] = wrap(description, prose - 5);
      return [`  ${glyphs.open}  ${first}`, ...rest.map((line) => `     ${line}`)];
    }),
  ];
}

function files({ report, paint, prose, glyphs }: Page, { out, cwd, wrote }: Places): string[] {
  const folder = shown(out, cwd);
  const healed = report.verdict === 'healed';
  const fixes = [
    ['healed/', healed ? 'the healed copy' : 'the copy with what was proven so far'],
    ['fixes.patch', wrote && healed ? 'what was written into your tree' : `git apply ${folder}/fixes.patch`],
  ] as const;
  const entries: readonly (readonly [name: string, what: string])[] = [
    ...(report.diff === '' ? [] : fixes),
    ...(report.boots > 0 ? [['report.html', 'the whole run as one page, logs included'] as const] : []),
    ['audit_report.json', 'the same for programs'],
    ...(report.boots > 0 ? [['boot-NN.log', 'what the server printed, boot by boot'] as const] : []),
  ];
  const column = Math.max(...entries.map(([name]) => length(name))) + 2;
  return [`${paint('bold', 'Files')} in ${folder}/`, ...entries.map(([name, what]) =>
    `  ${name.padEnd(column)}${paint('dim', fit(what, prose - column - 2, glyphs.ellipsis))}`)];
}

function shown(path: string, cwd: string): string {
  const way = relative(cwd, path);
  return way === '' ? '.' : way.startsWith('..') ? path : way;
}

/** A line with a dim remark at its right end; the remark goes when there is no room. */
function heading(left: string, right: string, width: number, paint: Paint): string {
  const { gap, fits } = ends(left, right, width);
  return paint('bold', left) + (fits ? gap + paint('dim', right) : '');
}

function place(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** The heading has named the place; a sentence that begins with it need not say it again. */
function described(
  { file_path = '', line_number, problem_description }: Pick<Unresolved, 'file_path' | 'line_number' | 'problem_description'>,
): string {
  for (const start of [`${place(file_path, line_number)} `, `${file_path} `]) {
    if (start !== ' ' && problem_description.startsWith(start)) {
      const rest = problem_description.slice(start.length);
      return rest.charAt(0).toUpperCase() + rest.slice(1);
    }
  }
  return problem_description;
}

function indented(text: string, prose: number): string[] {
  return wrap(text, prose - 5).map((line) => `     ${line}`);
}

function labelled(label: string, text: string, prose: number, paint: Paint): string[] {
  const [first = '', ...rest] = wrap(text, prose - 12);
  return [`     ${paint('cyan', label.padEnd(5))}  ${first}`, ...rest.map((line) => `            ${line}`)];
}

function number(index: number): string {
  return String(index + 1).padStart(2);
}

