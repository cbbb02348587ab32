/** report.sarif: SARIF 2.1.0, as code scanning services read it. Each fix is an artifact change of the original tree that stands on its own. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { ArtifactChange, Fix, Log, ReportingDescriptor, Result } from 'sarif';
import { linePosition, replacementsOf } from '../report/replacements.ts';
import type { OriginalFiles } from '../report/lines.ts';
import type { AuditReport, Issue, Unresolved } from '../report/schema.ts';
import { multiline } from './html/markup.ts';

const LEVELS = { CRITICAL: 'error', HIGH: 'error', MEDIUM: 'warning', LOW: 'note' } as const;
const BASE = '%SRCROOT%';

/** @param original the untouched tree, by path relative to the backend root */
export function renderSarif(report: AuditReport, original: OriginalFiles, version: string): string {
  const results = [...report.issues.map((issue) => issueResult(issue, report, original)), ...report.unresolved.map((entry) => unresolvedResult(entry, report))];
  const kinds = [...new Set(results.map(({ ruleId = '' }) => ruleId))].toSorted();
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'boot-check', semanticVersion: version, rules: kinds.map(descriptor) } },
      columnKind: 'utf16CodeUnits',
      originalUriBaseIds: { [BASE]: { description: { text: 'The folder that was given to boot-check.' } } },
      invocations: [{ executionSuccessful: !report.interrupted, properties: { verdict: report.verdict, boots: report.boots, stage: report.stage_after } }],
      results: withFingerprints(results.map((result) => ({ ...result, ruleIndex: kinds.indexOf(result.ruleId ?? '') }))),
    }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor(kind: string): ReportingDescriptor {
  const words = kind.split('-');
  return {
    id: kind,
    name: words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''),
    shortDescription: { text: `${words.join(' ')}.` },
    help: { text: `\`boot-check explain ${kind}\` says what happens, why, and what the fix does.` },
  };
}

function issueResult(issue: Issue, report: AuditReport, original: OriginalFiles): Result {
  const { id, severity, kind, stage, applied, verified, safety } = issue;
  const fix = fixOf(issue, report, original);
  return {
    ruleId: kind, level: LEVELS[severity], kind: 'fail',
    message: { text: plain(`${issue.problem_description} ${issue.root_cause}`) },
    locations: locations(issue, report),
    ...(fix === null ? {} : { fixes: [fix] }),
    properties: { id, severity, stage, applied, verified, safety },
  };
}

function unresolvedResult(entry: Unresolved, report: AuditReport): Result {
  return {
    ruleId: entry.kind, level: 'error', kind: 'fail',
    message: { text: plain(`${entry.problem_description} ${entry.root_cause} ${entry.what_to_do}`) },
    locations: locations({ ...entry, file_path: entry.file_path ?? report.backend.manifest }, report),
    properties: { stage: entry.stage, applied: false, verified: null, unresolved: true },
  };
}

function locations({ file_path, line_number }: { readonly file_path: string; readonly line_number?: number | undefined }, report: AuditReport): NonNullable<Result['locations']> {
  if (file_path === '') return [];
  return [{ physicalLocation: { artifactLocation: artifact(file_path, report), ...(line_number === undefined ? {} : { region: { startLine: line_number } }) } }];
}

function artifact(file: string, { backend }: AuditReport): { uri: string; uriBaseId: string } {
  return { uri: posix.join(backend.root, file).split('/').map(encodeURIComponent).join('/'), uriBaseId: BASE };
}

/** null where the fix cannot be told without a secret. */
function fixOf(issue: Issue, report: AuditReport, original: OriginalFiles): Fix | null {
  const changes = replacementsOf(issue, report.issues, original);
  if (changes === null) return null;
  return {
    description: { text: plain(issue.exact_fix.explanation) },
    artifactChanges: changes.map(({ path, text, replacements }): ArtifactChange => ({
      artifactLocation: artifact(path, report),
      replacements: replacements.map(({ from, to, content }) => {
        const [start, end] = [linePosition(text, from), linePosition(text, to)];
        return {
          deletedRegion: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
          ...(content === '' ? {} : { insertedContent: { text: content } }),
        };
      }),
    })),
  };
}

/** Of what the fault is and where, without lines and numbers: the same fault has the same one in every run, whatever was edited around it. */
function withFingerprints(results: readonly Result[]): Result[] {
  const counts = new Map<string, number>();
  return results.map((result) => {
    const name = JSON.stringify([result.ruleId, result.locations?.[0]?.physicalLocation?.artifactLocation?.uri, result.message.text?.replace(/\d+/g, '#')]);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const hash = createHash('sha256').update(`${name} ${count}`).digest('hex').slice(0, 32);
    return { ...result, partialFingerprints: { 'bootCheckFault/v1': hash } };
  });
}

function plain(text: string): string {
  return multiline(text).trim();
}
