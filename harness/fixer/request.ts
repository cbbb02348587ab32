/** What a fixer is told about one fault. Everything in it is masked: the program may send it anywhere. */
import { faultExcerpt } from '../report/excerpt.ts';
import type { Masking } from '../report/masking.ts';
import { maskDeep } from '../report/masking.ts';
import type { Finding } from '../../scenarios/types.ts';
import type { Source } from '../../source/types.ts';
import type { BootRecord, RejectedFix } from '../types.ts';
import type { FixerRequest } from './contract.ts';

const MAX_FILES = 20;
const MAX_TEXT = 200_000;
const MAX_PATHS = 5_000;

export function fixerRequest(finding: Finding, record: BootRecord, rejected: readonly RejectedFix[], source: Source, masking: Masking): FixerRequest {
  const fault = record.evidence.faults[finding.explains?.[0] ?? 0];
  const request: FixerRequest = {
    schema_version: '1.0',
    issue: {
      kind: finding.kind, stage: finding.stage, category: finding.category,
      ...(finding.file === '' ? {} : { file_path: finding.file }), ...(finding.line === undefined ? {} : { line_number: finding.line }),
      problem_description: finding.what, root_cause: finding.why, what_to_do: finding.todo,
      evidence: fault ? faultExcerpt(fault) : '',
      tried: rejected.map(({ fix, why }) => ({ title: fix.title, why })),
    },
    backend: {
      app: source.run.app, factory: source.run.factory, health_path: source.run.healthPath, python: record.output.python, manifest: source.install.manifest,
    },
    files: filesOf(finding, record, source),
    paths: [...source.files.keys()].toSorted().slice(0, MAX_PATHS),
  };
  return maskDeep(request, masking.text);
}

/** The finding's own file, those of the tree that the faults pass through, and the manifest. */
function filesOf(finding: Finding, record: BootRecord, source: Source): FixerRequest['files'] {
  const frames = record.evidence.faults.flatMap(({ chain }) => chain.flatMap(({ frames: all }) => all)).filter(({ owner }) => owner === 'tree');
  const named = [finding.file, ...frames.toReversed().map(({ file }) => file), source.install.manifest];
  let room = MAX_TEXT;
  return [...new Set(named)].slice(0, MAX_FILES).flatMap((path) => {
    const text = source.files.get(path)?.text;
    if (text === undefined || text.length > room) return [];
    room -= text.length;
    return [{ file_path: path, text }];
  });
}
