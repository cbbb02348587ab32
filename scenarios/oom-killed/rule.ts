import { said } from '../mechanisms/faults.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'oom-killed';

/** `The server was killed because it used too much memory`; a bare SIGKILL may have other senders and is left to others. */
const MEMORY = /used too much memory|out of memory|OOMKilled|Cannot allocate memory/i;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The server was killed because it used more memory than it may.',
  refines: ['process-died-after-start'],
  detect: (evidence, source) => said(evidence, ['exit'], MEMORY).map(({ at }): Finding => ({
    kind, stage: evidence.stage, severity: 'CRITICAL', category: 'CONFIG', file: fileOfModule(targetParts(source.run.app).module, source)?.path ?? manifestOf(source), facts: { what: 'memory' },
    what: 'The system killed the server because it used more memory than its container may use.',
    why: 'Loading large models, data sets or several workers at once needs more memory than the limit allows; the process gets no chance to say so.',
    todo: 'Load less at the start, start fewer workers, or raise the memory limit of the container.',
    candidates: [], explains: [at],
  })),
};
