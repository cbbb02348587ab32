import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { failedStatement } from '../mechanisms/table-creation.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { SourceFile } from '../../source/types.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'pg-duplicate-type';

/** `type "note_status" already exists` */
const EXISTS = /type "(?<name>[^"]{1,200})" already exists/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A database type is created twice.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, [], EXISTS).map((seen): Finding => {
    const name = seen.match?.groups?.['name'] ?? '';
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const statement = failedStatement(seen.exception.message);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { name },
      what: `The type ${name} is created a second time, and PostgreSQL refuses.`,
      why: 'CREATE TYPE has no IF NOT EXISTS. create_all looks before it creates an enum; SQL of your own, and columns of a migration whose enum exists already, do not.',
      todo: `Create ${name} in one place only; in a migration, use postgresql.ENUM(…, create_type=False) where the type exists.`,
      candidates: file === undefined || statement === undefined ? [] : guarded(file, statement, name), explains: [seen.at],
    };
  }),
};

/** The statement stands in the code as it is: PostgreSQL itself skips it when the type is there. */
function guarded(file: SourceFile, statement: string, name: string): readonly Fix[] {
  const at = file.text.lastIndexOf(statement);
  if (!/^CREATE TYPE [^;$]+$/i.test(statement) || at < 0 || file.text.slice(0, at).endsWith('BEGIN ')) return [];
  return fixOf({
    title: `Create the type ${name} only where it does not exist`, safety: 'likely',
    edits: [{ file: file.path, old: statement, new: `DO $$ BEGIN ${statement}; EXCEPTION WHEN duplicate_object THEN NULL; END $$`, at }],
    explanation: 'The step stays; PostgreSQL skips it when the type exists already, which CREATE TYPE alone cannot.',
  });
}
