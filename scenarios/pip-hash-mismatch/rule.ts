import { installFindings, reasonOf } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'pip-hash-mismatch';

/** `In --require-hashes mode`, and a requirement without one: nothing was tampered with, something was left out. */
const WITHOUT = /hashes are required/i;

/** Never mended: a hash is there so that nobody takes whatever comes for the package. */
export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A package is not the one whose hash the requirements name.',
  refines: ['unknown-failure'],
  detect: (evidence, source, index) => installFindings(kind, (facts) => facts.problem === 'hash', {
    what: (name, _python, facts) => (WITHOUT.test(facts.reason) ? `${name} has no hash where every requirement must have one.` : `The files of ${name} do not have the hash that stands beside it.`),
    why: (_name, facts) => (WITHOUT.test(facts.reason)
      ? `One requirement with a hash makes hashes a duty for all of them: ${reasonOf(facts)}`
      : `The installer refuses what it was given: ${reasonOf(facts)}. The hash was copied from another version or mangled, a file for this machine is not among those that have a hash, or the package is not what it was.`),
    todo: (name, manifest) => `Compare with the hashes that the package index lists for ${name}, and write ${manifest} anew with the tool that wrote it (pip-compile --generate-hashes, uv pip compile --generate-hashes). Do not take the hash of whatever was downloaded.`,
  }, evidence, source, index).map((finding) => ({ ...finding, candidates: [] })),
};
