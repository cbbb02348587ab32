import type { ExceptionInfo } from '../../parsers/evidence.ts';
import type { PackageIndex } from '../../source/types.ts';
import { ownerOf } from '../mechanisms/crashes.ts';
import { endsInPackage, metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'foreign-credentials-missing';

/** `google.auth.exceptions.DefaultCredentialsError`, `botocore.exceptions.NoCredentialsError`, `azure.identity.CredentialUnavailableError` */
const TYPE = /(?:^|\.)\w*Credentials?(?:NotFound|Unavailable|Missing)?(?:Error|Exception)$/;
/** `Unable to locate credentials`   `Your default credentials were not found.`   `File key.json was not found.`   `Missing credentials` */
const NONE = /\b(?:no|not|missing|unable|could not|cannot|unavailable|incomplete|partial)\b/i;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A client of a foreign service finds no credentials when the server starts.',
  refines: ['package-refuses-call', 'third-party-crash', 'request-fails', 'unknown-failure'],
  detect: (evidence, _, index) => raised(evidence, [], NONE).filter(({ exception }) => TYPE.test(exception.type) && endsInPackage(exception)).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    if (own === undefined) return [];
    const { exception, fault, at } = seen;
    const service = nameOf(exception, index);
    return [{
      kind, ...metIn(fault, 'config'), category: 'CONFIG', file: own.file, line: own.line, facts: { package: service, file: own.file },
      what: `${own.file} makes a client of ${service} that finds no credentials: ${firstLine(`${exception.type}: ${exception.message}`)}`,
      why: `${service} looks for credentials in environment variables, in files of the home folder, and on the machine it runs on. None of them has any, and the client is made while the server starts.`,
      todo: `Give the server credentials as the message says, or make the client where it is first used, so that the server starts without them.`,
      candidates: [], explains: [at],
    }];
  }),
};

function nameOf({ frames, type }: ExceptionInfo, index: PackageIndex): string {
  const last = frames.findLast(({ owner }) => owner === 'package');
  return (last === undefined ? undefined : ownerOf(last, index)?.name) ?? type.split('.')[0] ?? type;
}
