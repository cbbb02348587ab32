/** junit.xml: the five checks, what still stops the start, and what was healed, as test cases. Red exactly when the backend is not healthy. */
import type { AuditReport, Checks, Issue, Unresolved } from '../report/schema.ts';
import { junitDocument } from './junit-document.ts';
import type { TestCase } from './junit-document.ts';

const CHECKS: readonly (keyof Checks)[] = ['no_import_error', 'database_engine', 'app_loaded', 'startup_complete', 'health'];

export function renderJunit(report: AuditReport): string {
  const { backend, verdict, boots, timings } = report;
  return junitDocument([{
    name: `boot-check ${backend.app}`, seconds: timings.total_seconds,
    properties: { verdict, python: backend.python, runtime: backend.runtime, boots: String(boots) },
    cases: [
      ...(boots === 0 ? [] : CHECKS.map((name) => checkCase(name, report.checks[name]))),
      ...report.unresolved.map(unresolvedCase),
      ...report.issues.filter(({ applied }) => applied).map(healedCase),
      ...(report.interrupted ? [{ className: 'boot-check', name: 'run', seconds: 0, error: { type: 'interrupted', message: 'The run was interrupted.' } }] : []),
    ],
  }]);
}

function checkCase(name: string, { ok, evidence }: Checks['health']): TestCase {
  return { className: 'boot-check.checks', name, seconds: 0, ...(ok ? { out: evidence } : { failure: { type: name, message: evidence } }) };
}

function unresolvedCase(entry: Unresolved): TestCase {
  return {
    className: `boot-check.${entry.category}`, name: `${entry.kind} ${placeOf(entry)}`.trim(), seconds: 0,
    failure: { type: entry.kind, message: entry.problem_description, text: [entry.root_cause, entry.what_to_do, entry.evidence].join('\n') },
  };
}

function healedCase(issue: Issue): TestCase {
  return {
    className: `boot-check.${issue.category}`, name: `${issue.id} ${issue.kind} ${placeOf(issue)}`, seconds: 0,
    out: `${issue.problem_description} Fixed in the copy: ${issue.exact_fix.explanation}`,
  };
}

function placeOf({ file_path, line_number }: Pick<Unresolved, 'file_path' | 'line_number'>): string {
  return [file_path, line_number].filter((part) => part !== undefined).join(':');
}
