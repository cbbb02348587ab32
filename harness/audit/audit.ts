/**
 * The audit: everything that can be said of a backend without starting it. Reads the tree, asks every rule's `scan`, foretells in which
 * order a start would meet what was found, and writes the five documents, and the same for people.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { scanAll } from '../../scenarios/load.ts';
import { findBackend } from '../../source/find-root.ts';
import type { Backend } from '../../source/find-root.ts';
import { readSource } from '../../source/read.ts';
import type { RunOptions as SourceOptions } from '../../source/read.ts';
import type { Source } from '../../source/types.ts';
import { noBackend, severalBackends } from '../errors.ts';
import { foundBy } from '../found.ts';
import { secretsOf } from '../report/known-secrets.ts';
import { maskingFor } from '../report/masking.ts';
import { runView } from '../report/run-view.ts';
import type { AuditReport } from '../report/schema.ts';
import { reportViolations } from '../report/validate.ts';
import { renderHtml } from '../reporters/html/page.ts';
import { renderMarkdown } from '../reporters/markdown.ts';
import { reportInvalid } from '../reporters/write.ts';
import { auditIndex } from './package-index.ts';
import { auditReport, phaseReports } from './report.ts';
import { prepareOut } from '../workspace/write-back.ts';

/** Paths are absolute; `null` means: find it yourself. */
export interface AuditOptions {
  readonly dir: string;
  readonly root: string | null;
  readonly app: string | null;
  readonly factory: boolean;
  /** `3.14` */
  readonly python: string;
  readonly manifest: string | null;
  readonly out: string;
}

/** The folder of this very environment when an earlier run left it in the cache. @param tree absolute backend root */
export type FindEnvironment = (source: Source, tree: string, python: string) => Promise<string | undefined>;

export interface AuditEnd {
  readonly report: AuditReport;
  /** 0 when nothing CRITICAL or HIGH was found, else 1. */
  readonly exitCode: 0 | 1;
}

/** @throws HarnessError: no backend (2), a full disk (3), a report that breaks its schema (70) */
export async function audit(options: AuditOptions, findEnvironment: FindEnvironment): Promise<AuditEnd> {
  const began = performance.now();
  const backend = await locate(options);
  const tree = join(options.dir, backend.root);
  const source = await readSource(tree, { ...backend.options, ...outBelow(options.out, tree) });
  const { index, basis } = await auditIndex(source, options.python, await findEnvironment(source, tree, options.python));
  const { findings, crashes } = scanAll(source, index);
  const report = auditReport(findings, source, { root: backend.root, foundBy: foundBy(backend, source), others: backend.others, python: options.python, seconds: (performance.now() - began) / 1000, basis, crashes });
  await writeDocuments(report, source, options);
  return { report, exitCode: report.issues.some(({ severity }) => severity === 'CRITICAL' || severity === 'HIGH') ? 1 : 0 };
}

async function locate({ dir, root, app, factory, manifest, out }: AuditOptions): Promise<Backend> {
  const asked: SourceOptions = {
    ...(app === null ? {} : { app, factory }),
    ...(manifest === null ? {} : { manifest: relative(root ?? dir, manifest) }), ...outBelow(out, dir),
  };
  const backend = await findBackend(dir, { ...asked, ...(root === null ? {} : { root: relative(dir, root) || '.' }) });
  if (backend.options.app === undefined && backend.targets.length === 0) throw noBackend(dir);
  if (backend.tossed) throw severalBackends(dir, backend);
  return backend;
}

/** Our own output is no part of the backend. */
function outBelow(out: string, folder: string): { readonly out?: string } {
  const below = relative(folder, out);
  return below === '' || below.startsWith('..') ? {} : { out: below };
}

async function writeDocuments(report: AuditReport, source: Source, { out, dir }: AuditOptions): Promise<void> {
  await prepareOut(out, dir);
  await mkdir(out, { recursive: true });
  for (const [file, document] of [...phaseReports(report), ['audit_report.json', report] as const]) {
    await writeFile(join(out, file), `${JSON.stringify(document, null, 2)}\n`);
  }
  const view = runView(report, [], [], source.files, maskingFor(secretsOf(source, source.run.env)));
  await writeFile(join(out, 'report.html'), renderHtml(view));
  await writeFile(join(out, 'report.md'), renderMarkdown(view));
  const violations = reportViolations(report);
  if (violations.length > 0) throw reportInvalid(violations, out);
}
