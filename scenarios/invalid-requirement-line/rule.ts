import { manifestOf } from '../mechanisms/distributions.ts';
import { reasonOf } from '../mechanisms/installs.ts';
import { badLines } from '../mechanisms/requirement-slips.ts';
import type { BadLine } from '../mechanisms/requirement-slips.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';
import type { Source } from '../../source/types.ts';

const kind = 'invalid-requirement-line';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A line of the requirements file is no requirement.',
  refines: ['unknown-failure'],
  detect: (evidence, source) => {
    const at = evidence.faults.findIndex((fault) => fault.install?.problem === 'invalid-requirement');
    const reason = evidence.faults[at]?.install;
    if (reason === undefined) return [];
    return [{ ...finding(badLines(source), reasonOf(reason), source), explains: evidence.faults.flatMap((fault, index) => (fault.form === 'install' ? [index] : [])) }];
  },
  scan: (source) => {
    const bad = badLines(source);
    return bad.length === 0 ? [] : [finding(bad, 'it is no PEP 508 requirement', source)];
  },
};

/** The installer names the first such line of many: all are mended at once, or none. */
function finding(bad: readonly BadLine[], reason: string, source: Source): Finding {
  const first = bad[0];
  const manifest = first?.file ?? manifestOf(source);
  return {
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifest, ...(first === undefined ? {} : { line: first.line }), facts: { manifest, text: first?.text ?? '' },
    what: first === undefined ? `A line of ${manifest} cannot be read.` : `"${first.text}" in ${manifest} is no requirement.`,
    why: `The installer stops before it installs anything: ${reason}.${bad.length > 1 ? ` ${String(bad.length)} lines are like this.` : ''}`,
    todo: `Write one requirement a line, such as name>=1.0,<2 or name==1.2.3, in ${manifest}.`,
    candidates: bad.length === 0 || bad.some(({ meant }) => meant === undefined) ? [] : fixOf({
      title: bad.length === 1 ? `Write "${first?.meant === '' ? 'nothing' : (first?.meant ?? '')}" for "${first?.text ?? ''}"` : `Write ${String(bad.length)} lines of ${manifest} as requirements`,
      safety: 'likely', edits: bad.map(({ edit }) => edit),
      explanation: 'The line names a package and a version in the form of another tool; this is the same in the form that pip and uv read.',
    }),
  };
}
