/** The screen of an audit: what would stop the start, in the order to fix it, then what would not. */
import { relative } from 'node:path';
import { list } from '../../scenarios/mechanisms/words.ts';
import type { AuditReport, Issue } from '../report/schema.ts';
import { clean, duration, ends, plural, wrap } from '../reporters/layout.ts';
import { glyphsOf, painter } from '../reporters/look.ts';
import type { Glyphs, Look, Paint } from '../reporters/look.ts';

interface Page {
  readonly report: AuditReport;
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Columns of prose. */
  readonly prose: number;
}

const MAX_PROSE = 100;
const MAX_NOTES = 12;
/** From so many on, remarks of one kind are put together. */
const FEW = 3;

/** @returns the screen, ending with a newline */
export function renderAudit(report: AuditReport, look: Look, places: { readonly out: string; readonly cwd: string }): string {
  const page: Page = { report, paint: painter(look), glyphs: glyphsOf(look), prose: Math.min(look.width, MAX_PROSE) };
  const [blocking, notes] = [report.issues.filter(stands), report.issues.filter((issue) => !stands(issue))];
  const sections = [verdict(page, blocking), section('What would stop it, in the order to fix it', blocking, page), remarks(alike(notes), page), files(page, places)];
  return `\n${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function stands({ severity }: Issue): boolean {
  return severity === 'CRITICAL' || severity === 'HIGH';
}

function verdict({ report, paint, glyphs, prose }: Page, blocking: readonly Issue[]): string[] {
  const good = blocking.length === 0;
  const words = good ? 'nothing found that would stop the start' : `${plural(blocking.length, 'fault')} would stop or break it`;
  const mark = good ? glyphs.good : glyphs.bad;
  const left = `${mark} ${report.backend.app}  ${words}`;
  const { gap, fits } = ends(left, `not booted ${glyphs.dot} ${duration(report.timings.total_seconds)}`, prose);
  const basis = report.recommendations[0]?.description ?? '';
  return [paint(good ? 'green' : 'red', left) + (fits ? gap + paint('dim', `not booted ${glyphs.dot} ${duration(report.timings.total_seconds)}`) : ''), ...wrap(basis, prose - 2).map((line) => paint('dim', `  ${line}`))];
}

function section(title: string, issues: readonly Issue[], page: Page): string[] {
  return issues.length === 0 ? [] : [page.paint('bold', title), ...issues.flatMap((issue, at) => entry(issue, at, page))];
}

/** Many of one kind are one remark with many places. */
function alike(notes: readonly Issue[]): readonly (readonly Issue[])[] {
  return [...Map.groupBy(notes, ({ kind }) => kind).values()].flatMap((same) => (same.length < FEW ? same.map((one) => [one]) : [same]));
}

function remarks(groups: readonly (readonly Issue[])[], page: Page): string[] {
  if (groups.length === 0) return [];
  const left = groups.slice(MAX_NOTES).flat().length;
  return [
    page.paint('bold', 'What would not'),
    ...groups.slice(0, MAX_NOTES).flatMap(([first, ...same], at) => (first === undefined ? [] : [
      ...entry(first, at, page), ...(same.length === 0 ? [] : wrap(`The same in ${list(same.map(placeOf))}.`, page.prose - 5).map((line) => `     ${line}`)),
    ])),
    ...(left > 0 ? [page.paint('dim', `${plural(left, 'more note')} in audit_report.json`)] : []),
  ];
}

function placeOf({ file_path: file, line_number: line }: Issue): string {
  return line === undefined ? file : `${file}:${line}`;
}

function entry(issue: Issue, at: number, { report, paint, glyphs, prose }: Page): string[] {
  const place = placeOf(issue);
  const left = ` ${String(at + 1).padStart(2)}  ${place}`;
  const { gap, fits } = ends(left, `${issue.severity} ${glyphs.dot} ${issue.id}`, prose);
  const hidden = report.fix_order.find(({ issue_id }) => issue_id === issue.id)?.unblocks ?? [];
  const lines = [clean(issue.problem_description), ...(hidden.length > 0 ? [`While it stands, ${hidden.join(', ')} cannot be seen.`] : []), clean(issue.exact_fix.explanation)];
  return [paint('bold', left) + (fits ? gap + paint('dim', `${issue.severity} ${glyphs.dot} ${issue.id}`) : ''), ...lines.flatMap((line) => wrap(line, prose - 5).map((part) => `     ${part}`))];
}

function files({ report, paint, prose }: Page, { out, cwd }: { readonly out: string; readonly cwd: string }): string[] {
  const way = relative(cwd, out);
  const read = report.environment.length;
  const lines = [
    'audit_report.json and one file for each phase: dependency, import, database, entrypoint',
    `report.html and report.md: the same for people${read === 0 ? '' : `, with ${plural(read, 'variable')} that the code reads`}`,
  ];
  return [`${paint('bold', 'Files')} in ${way === '' ? '.' : way.startsWith('..') ? out : way}/`, ...lines.flatMap((line) => wrap(line, prose - 4).map((part, at) => `${at === 0 ? '  ' : '    '}${part}`))];
}
