/** Annotations that GitHub shows beside the code, within its limits. The summary of the step is report.md. */
import { posix } from 'node:path';
import type { AuditReport, Issue } from '../report/schema.ts';
import { multiline } from './html/markup.ts';
import { plural } from './layout.ts';

/** Per step: GitHub shows this many of each level and drops the rest without a word. */
export const MAX_PER_LEVEL = 10;
const MAX_MESSAGE = 4_000;

type Level = 'error' | 'warning' | 'notice';
interface Annotation {
  readonly level: Level;
  readonly file: string;
  readonly line: number | undefined;
  readonly title: string;
  readonly message: string;
}

/**
 * @param base path of DIR from the root of the checkout; empty when it is the root
 * @returns one workflow command a line; empty text when there is nothing to say
 */
export function renderAnnotations(report: AuditReport, base: string): string {
  const all = annotations(report);
  return (['error', 'warning', 'notice'] as const).flatMap((level) => within(all.filter((one) => one.level === level)))
    .map((one) => `${command(one, posix.join(base, report.backend.root))}\n`).join('');
}

function annotations(report: AuditReport): Annotation[] {
  return [
    ...report.unresolved.map((entry): Annotation => ({
      level: 'error', file: entry.file_path ?? report.backend.manifest, line: entry.line_number, title: `${entry.kind}: stops at ${entry.stage}`,
      message: `${entry.problem_description}\n${entry.root_cause}\nTo do: ${entry.what_to_do}`,
    })),
    ...report.issues.map((issue): Annotation => ({
      level: levelOf(issue), file: issue.file_path, line: issue.line_number, title: `${issue.id}: ${issue.kind}`,
      message: `${issue.problem_description}\n${issue.root_cause}\n${issue.applied ? 'Healed in a copy' : 'Fix, not applied'}: ${issue.exact_fix.explanation}`,
    })),
  ];
}

function levelOf({ severity }: Issue): Level {
  return severity === 'CRITICAL' || severity === 'HIGH' ? 'error' : severity === 'MEDIUM' ? 'warning' : 'notice';
}

/** When there are more than can be shown, the last one says so. */
function within(all: readonly Annotation[]): readonly Annotation[] {
  if (all.length <= MAX_PER_LEVEL) return all;
  const [first] = all;
  const more = all.length - (MAX_PER_LEVEL - 1);
  return [...all.slice(0, MAX_PER_LEVEL - 1), ...(first ? [{ level: first.level, file: '', line: undefined, title: 'boot-check', message: `${plural(more, 'more finding')} of this level: see the summary of this step.` }] : [])];
}

function command({ level, file, line, title, message }: Annotation, base: string): string {
  const properties = [
    ...(file === '' ? [] : [`file=${property(posix.join(base, file))}`]),
    ...(file === '' || line === undefined ? [] : [`line=${line}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${data(message)}`;
}

function data(text: string): string {
  const shown = multiline(text).trim();
  return (shown.length > MAX_MESSAGE ? `${shown.slice(0, MAX_MESSAGE)}…` : shown).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
