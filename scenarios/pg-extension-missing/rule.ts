import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { databasePlace } from '../mechanisms/stated-database.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'pg-extension-missing';

/** `extension "vector" is not available`, `could not open extension control file "/usr/share/postgresql/18/extension/vector.control"` */
const MISSING = /extension "(?<name>[^"]{1,100})" is not available|could not open extension control file "[^"]{0,300}\/(?<file>[^"/]{1,100})\.control"/;

/** Images that bring an extension beside the same PostgreSQL. */
const IMAGES: Readonly<Record<string, string>> = { vector: 'pgvector/pgvector', postgis: 'postgis/postgis', timescaledb: 'timescale/timescaledb', age: 'apache/age' };

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The code needs an extension that the database server does not have.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, [], MISSING).map((seen): Finding => {
    const name = seen.match?.groups?.['name'] ?? seen.match?.groups?.['file'] ?? '';
    const own = ownFrameOf(seen);
    const image = IMAGES[name];
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', ...(own === undefined ? databasePlace(source) : { file: own.file, line: own.line }), facts: { name },
      what: `The start-up creates the extension ${name}, and the database server does not have it installed.`,
      why: 'An extension is part of the server. PostgreSQL brings a set of them; this one is installed separately, and the server of this run has only what PostgreSQL brings.',
      todo: `Use a server that has ${name}${image === undefined ? '' : `, such as the image ${image} of the same PostgreSQL version`}. No change of the code can replace it.`,
      candidates: [], explains: [seen.at],
    };
  }),
};
