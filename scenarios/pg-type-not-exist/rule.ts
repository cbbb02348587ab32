import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { mappedClasses } from '../mechanisms/models.ts';
import { beforeCreate, createAllCalls, createdModel } from '../mechanisms/table-creation.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'pg-type-not-exist';

/** `type "citext" does not exist`, `function uuid_generate_v4() does not exist`, `operator class "gin_trgm_ops" does not exist for access method "gin"` */
const UNKNOWN = /(?:type|operator class) "(?:public\.)?(?<type>\w{1,100})" does not exist|function (?:public\.)?(?<function>\w{1,100})\([^)]{0,200}\) does not exist/;

/** What the extensions of PostgreSQL bring: their documentation. */
const BRINGS: Readonly<Record<string, readonly string[]>> = {
  'uuid-ossp': ['uuid_generate_v1', 'uuid_generate_v1mc', 'uuid_generate_v3', 'uuid_generate_v4', 'uuid_generate_v5', 'uuid_nil'],
  pgcrypto: ['crypt', 'gen_salt', 'digest', 'hmac', 'gen_random_bytes', 'pgp_sym_encrypt', 'pgp_sym_decrypt'],
  citext: ['citext'], hstore: ['hstore'], ltree: ['ltree', 'lquery'], cube: ['cube'], vector: ['vector', 'halfvec', 'sparsevec', 'vector_cosine_ops', 'vector_l2_ops'],
  postgis: ['geometry', 'geography', 'st_point', 'st_makepoint', 'st_dwithin'], pg_trgm: ['similarity', 'word_similarity', 'gin_trgm_ops', 'gist_trgm_ops'], unaccent: ['unaccent'],
  fuzzystrmatch: ['levenshtein', 'soundex', 'metaphone'], btree_gin: ['btree_gin'], btree_gist: ['gist_int4_ops'], intarray: ['gin__int_ops'],
};

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database lacks a type or function of an extension that nobody created in it.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, [], UNKNOWN).flatMap((seen): readonly Finding[] => {
    const name = (seen.match?.groups?.['type'] ?? seen.match?.groups?.['function'] ?? '').toLowerCase();
    const extension = Object.entries(BRINGS).find(([, names]) => names.includes(name))?.[0];
    if (extension === undefined) return [];
    const own = ownFrameOf(seen);
    const model = createdModel(source, evidence, seen.at) ?? mappedClasses(source)[0];
    const sql = `CREATE EXTENSION IF NOT EXISTS ${/^\w+$/.test(extension) ? extension : `"${extension}"`}`;
    return [{
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: model?.file.path ?? own?.file ?? '', line: model?.line ?? own?.line ?? 1, facts: { name, extension },
      what: `The database does not know ${name}, which the extension ${extension} brings.`,
      why: 'Extensions are created in each database anew; installing them on the server is not enough.',
      todo: `Run ${sql} before the tables are created.`,
      candidates: model === undefined || createAllCalls(source).length === 0 ? [] : fixOf({
        title: `Create the extension ${extension} right before the tables`, safety: 'safe', edits: beforeCreate(model, sql),
        explanation: 'SQLAlchemy runs the statement before it creates the tables; where the extension exists, nothing happens.',
      }),
      explains: [seen.at],
    }];
  }),
};
