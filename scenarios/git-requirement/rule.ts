import { installFindings } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'git-requirement';

/** Said by the installer itself; what a build fetches for itself is that build's failure. `Git operation failed` · `Git executable not found. Ensure that Git is installed and available.` · `failed to fetch into: /cache/git-v0/…` */
const GIT = /Git operation failed|Git executable not found|failed to (?:fetch|clone) (?:into|repository)/;

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A requirement comes from a repository and could not be fetched.',
  refines: ['source-build-fails'],
  detect: (evidence, source, index) => installFindings(kind, (_facts, fault) => GIT.test(ownWords(fault.text)), {
    what: (name) => `${name} could not be fetched from its repository.`,
    why: () => 'Git is not there where packages are installed, or the repository does not answer without a login: a run hands nobody\'s keys to anyone.',
    todo: (name, manifest) => `Name a released version of ${name} in ${manifest}, the archive of a tag (\`name @ https://…/archive/v1.2.zip\`), or a wheel in the tree.`,
  }, evidence, source, index).map((finding) => ({ ...finding, candidates: [] })),
};

/** What the installer says itself, without what a build that it started printed: `[stderr]` and what follows. */
function ownWords(text: string): string {
  return text.split(/\n\s*\[std(?:out|err)\]/, 1)[0] ?? text;
}
