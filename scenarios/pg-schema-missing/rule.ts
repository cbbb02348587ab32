import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { mappedClasses } from '../mechanisms/models.ts';
import { beforeCreate, createAllCalls } from '../mechanisms/table-creation.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'pg-schema-missing';

/** `schema "office" does not exist` */
const NO_SCHEMA = /schema "(?<schema>[^"]{1,200})" does not exist/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Tables belong to a schema that the database does not have.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, [], NO_SCHEMA).map((seen): Finding => {
    const schema = seen.match?.groups?.['schema'] ?? '';
    const own = ownFrameOf(seen);
    const model = mappedClasses(source).find((each) => each.schema === schema);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: model?.file.path ?? own?.file ?? '', line: model?.line ?? own?.line ?? 1, facts: { schema },
      what: `The schema ${schema} does not exist in the database, so nothing can be created in it.`,
      why: 'create_all creates tables, not the schemas they belong to. A new database has only the schema public.',
      todo: `Create the schema before the tables: CREATE SCHEMA IF NOT EXISTS ${schema}.`,
      candidates: model === undefined || createAllCalls(source).length === 0 ? [] : fixOf({
        title: `Create the schema ${schema} right before its tables`, safety: 'safe', edits: beforeCreate(model, `CREATE SCHEMA IF NOT EXISTS ${schema}`),
        explanation: 'SQLAlchemy runs the statement in the same transaction before it creates the tables; where the schema exists, nothing happens.',
      }),
      explains: [seen.at],
    };
  }),
};
