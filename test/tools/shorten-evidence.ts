/** Evidence with long text shortened to what a person checks: what `expected.json` of the corpus holds. */
import type { Evidence, ExceptionInfo, Fault } from '../../parsers/evidence.ts';

/** Deterministic; keys that say nothing are left out. */
export function shortenEvidence(evidence: Evidence): object {
  return { stage: evidence.stage, faults: evidence.faults.map(shortenFault), names: evidence.names };
}

function shortenFault(fault: Fault): object {
  return {
    form: fault.form, during: fault.during, summary: fault.summary.slice(0, 300),
    ...(fault.chain.length > 0 ? { chain: fault.chain.map(shortenException) } : {}),
    ...(fault.validation.length > 0 ? { validation: fault.validation } : {}),
    ...(fault.server ? { server: fault.server } : {}), ...(fault.install ? { install: fault.install } : {}), ...(fault.http ? { http: fault.http } : {}),
    lines: [fault.from, fault.to],
  };
}

function shortenException(exception: ExceptionInfo): object {
  const tree = exception.frames.filter((frame) => frame.owner === 'tree');
  const inner = tree.at(-1);
  return {
    type: exception.type, message: exception.message.slice(0, 300),
    ...(exception.link ? { link: exception.link } : {}), ...(exception.notes.length > 0 ? { notes: exception.notes } : {}),
    ...(exception.code ? { code: exception.code } : {}), ...(exception.syntax ? { syntax: exception.syntax } : {}),
    frames: exception.frames.length, own: tree.length,
    ...(inner ? { inner: `${inner.file}:${inner.line} in ${inner.function}`, source: inner.source } : {}),
    ...(exception.members ? { members: exception.members.map((member) => `${member.type}: ${member.message}`.slice(0, 100)) } : {}),
  };
}
