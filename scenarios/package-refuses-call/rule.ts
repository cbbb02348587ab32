import { refusals } from '../mechanisms/crashes.ts';
import { statedFixes } from '../mechanisms/version-findings.ts';
import { crashFixes } from '../mechanisms/versions.ts';
import { firstLine, steady } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'package-refuses-call';

/** Seen only when no other rule explained the fault: many kinds know one such refusal, and what to do about it. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A package raises an error about what the code asks of it.',
  refines: ['third-party-crash', 'unknown-failure'],
  lastResort: true,
  detect: (evidence, source, index) => refusals(evidence, index).slice(0, 1).map(({ at, exception, owner, caller }): Finding => {
    const said = firstLine(exception.message === '' ? exception.type : `${exception.type}: ${exception.message}`);
    const code = firstLine((caller.source ?? '').trim(), 120);
    return {
      kind, stage: evidence.stage === 'lifespan' ? 'lifespan' : 'import', severity: 'CRITICAL', category: evidence.stage === 'lifespan' ? 'ENTRYPOINT' : 'IMPORT',
      file: caller.file, line: caller.line, facts: { package: owner.name, type: exception.type, said: steady(exception.message), file: caller.file },
      what: `${owner.name} ${owner.version} refuses what ${caller.file} asks of it: ${said}`,
      why: `The line${code === '' ? '' : ` "${code}"`} leads to a check in ${owner.name} that raises this error on purpose. What it was given, or the moment, is not what it takes.`,
      todo: `Read the message: it is ${owner.name}'s own. Look up in the documentation of ${owner.name} ${owner.version} what this call takes; code written for another release may need that release.`,
      candidates: [...statedFixes(exception, source, index), ...crashFixes(source, index)], explains: [at],
    };
  }),
};
