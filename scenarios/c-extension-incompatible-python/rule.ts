import { installFindings, reasonOf } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'c-extension-incompatible-python';

/** `asyncpg/pgproto/pgproto.c:2660:20: error: …` · `error: command '/usr/bin/gcc' failed with exit code 1` · `error[E0277]: …` */
const COMPILER = /\.(?:c|cc|cpp|h|pyx|rs):\d{1,7}:\d{1,5}: error|error\[E\d{4}\]|command '[^']{0,100}(?:gcc|cc|g\+\+|clang)' failed with exit/;

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The source of a pinned package does not compile with this Python.',
  refines: ['source-build-fails'],
  detect: (evidence, source, index) => installFindings(kind, (facts) => facts.problem === 'build' && COMPILER.test(facts.reason), {
    what: (name, python) => `${name} cannot be installed on Python ${python}: there is no wheel for it, and its source does not compile.`,
    why: (name, facts) => `The source of ${name} was written for an older Python: ${reasonOf(facts)}.`,
    todo: (name, manifest) => `Name a version of ${name} in ${manifest} that has a wheel for this Python.`,
  }, evidence, source, index),
};
