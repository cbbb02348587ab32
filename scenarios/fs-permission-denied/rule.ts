import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'fs-permission-denied';

/** `[Errno 13] Permission denied: '/var/log/auth.log'`, `[Errno 30] Read-only file system: '/data'` */
const DENIED = /^\[Errno (?<errno>13|30)\] (?:Permission denied|Read-only file system): ['"](?<path>[^'"]{1,400})['"]/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The server may not read or write a file that its start-up needs.',
  refines: ['logging-config-error'],
  detect: (evidence, source) => raised(evidence, ['PermissionError', 'OSError'], DENIED).flatMap((seen): readonly Finding[] => {
    const { errno, path = '' } = seen.match?.groups ?? {};
    const own = ownFrameOf(seen);
    if (own === undefined || !source.files.has(own.file)) return [];
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'CONFIG', file: own.file, line: own.line, facts: { path },
      what: `${own.file} uses ${path}, and the account that the server runs under may not.`,
      why: errno === '30' ? 'The file system is read-only there, as it is in hardened containers.' : 'Servers run under an account of their own, which may write only to its own folders.',
      todo: `Give the account of the server the right to use ${path}, mount a writable folder there, or use a path inside the project. Logs belong on standard output.`,
      candidates: [], explains: [seen.at],
    }];
  }),
};
