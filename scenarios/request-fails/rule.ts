import type { Evidence, Fault } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { firstLine, steady } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'request-fails';

/** The server is up and says so, but an answer is an error whose cause no other kind explains. */
export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The server starts, but answers requests with an error.',
  refines: ['unknown-failure'],
  lastResort: true,
  detect: (evidence, source) => {
    const raised = evidence.faults.flatMap((fault, at) => (fault.form === 'exception' && fault.during === 'request' ? [findingFor(fault, at, evidence, source)] : []));
    const answered = evidence.faults.flatMap((fault, at) => (isError(fault) ? [findingFor(fault, at, evidence, source)] : []));
    if (raised.length === 0) return answered;
    // The status is what the traceback led to: both are one finding.
    const statuses = evidence.faults.flatMap((fault, at) => (isError(fault) ? [at] : []));
    return raised.map((finding, position) => (position === 0 ? { ...finding, explains: [...(finding.explains ?? []), ...statuses] } : finding));
  },
};

function isError(fault: Fault): boolean {
  return fault.form === 'http' && (fault.http?.status ?? 0) >= 500;
}

function findingFor(fault: Fault, at: number, evidence: Evidence, source: Source): Finding {
  const path = fault.http?.path ?? '';
  const last = fault.chain.at(-1);
  const own = fault.chain.toReversed().map(ownFrame).find((frame) => frame !== undefined);
  const isHealth = fault.http?.purpose === 'health' || path === source.run.healthPath || (path === '' && evidence.stage === 'health');
  const said = last === undefined ? firstLine(fault.summary) : firstLine(`${last.type}: ${last.message}`);
  return {
    kind, stage: 'health', severity: isHealth ? 'CRITICAL' : 'HIGH', category: 'ENTRYPOINT', file: own?.file ?? fileOfModule(targetParts(source.run.app).module, source)?.path ?? manifestOf(source),
    ...(own === undefined ? {} : { line: own.line }), facts: { path: own === undefined ? path : '', type: last?.type ?? '', said: steady(last?.message ?? ''), file: own?.file ?? '' },
    what: `The server is up, but ${path === '' ? 'a request' : `a request for ${path}`} fails: ${said}`,
    why: own === undefined
      ? 'The start-up line says only that the server listens. The error comes before any code of the backend runs, typically from middleware or a start-up step that was skipped.'
      : `The start-up line says only that the server listens. The error is raised in ${own.file} while it answers.`,
    todo: own === undefined ? 'Read the traceback in the log of this boot.' : `Read the traceback in the log of this boot and correct ${own.file}.`,
    candidates: [], explains: [at],
  };
}
