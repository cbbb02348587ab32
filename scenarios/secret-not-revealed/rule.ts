import type { Evidence } from '../../parsers/evidence.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { raised } from '../mechanisms/faults.ts';
import { postgresFaults } from '../mechanisms/stated-database.ts';
import { insertAt } from '../mechanisms/text-lines.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'secret-not-revealed';

/** `password authentication failed for user "app"` */
const REFUSED = /password authentication failed for user "/;
/** `can only concatenate str (not "SecretStr") to str` */
const AS_TEXT = /["']SecretStr["']/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A SecretStr is put into a text without being revealed.',
  refines: ['asyncpg-invalid-password', 'package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => {
    const faults = [...new Set([...postgresFaults(evidence, REFUSED), ...raised(evidence, ['TypeError'], AS_TEXT)].map(({ at }) => at))];
    const hidden = faults.length === 0 ? [] : hiddenSecrets(source);
    return hidden.length === 0 ? [] : [findingFor(hidden, faults, evidence)];
  },
};

interface Hidden {
  readonly file: SourceFile;
  readonly line: number;
  readonly field: string;
  /** Behind the expression. */
  readonly end: number;
}

/** Fields of the type SecretStr that stand bare in an f-string, in an addition or in str(…). */
function hiddenSecrets(source: Source): readonly Hidden[] {
  const fields = new Set(settingsClasses(source).flatMap((settings) => settings.fields).filter(({ type }) => /\bSecretStr\b/.test(type)).map(({ field }) => field));
  if (fields.size === 0) return [];
  return [...source.files.values()].filter(({ path }) => path.endsWith('.py') && isServerCode(path)).flatMap((file) => nodesOf(file, 'attribute').flatMap((node): readonly Hidden[] => {
    const field = node.childForFieldName('attribute')?.text ?? '';
    const holder = node.parent;
    const becomesText = holder?.type === 'interpolation' || (holder?.type === 'binary_operator' && /["']/.test(holder.text)) || (holder?.type === 'argument_list' && holder.parent?.childForFieldName('function')?.text === 'str');
    return becomesText && fields.has(field) ? [{ file, line: node.startPosition.row + 1, field, end: node.endIndex }] : [];
  }));
}

function findingFor(hidden: readonly Hidden[], explains: readonly number[], evidence: Evidence): Finding {
  const [first] = hidden;
  const names = [...new Set(hidden.map(({ field }) => field))];
  const edits = hidden.map(({ file, end }): Edit => insertAt(file, end, '.get_secret_value()'));
  return {
    kind, stage: evidence.stage === 'connect' ? 'connect' : 'config', severity: 'CRITICAL', category: 'CONFIG', file: first?.file.path ?? '', ...(first === undefined ? {} : { line: first.line }), facts: { fields: names.join(',') },
    what: `${first?.file.path ?? 'The code'} puts ${list(names)} into a text as ${names.length === 1 ? 'it is' : 'they are'}, and a SecretStr then shows stars only.`,
    why: 'A SecretStr gives its value only when it is asked for it, so that no log shows it by accident.',
    todo: `Write ${list(names.map((name) => `${name}.get_secret_value()`))} where the value itself is needed.`,
    candidates: fixOf({ title: `Reveal ${list(names)} where it becomes part of a text`, safety: 'likely', edits, explanation: 'The address gets the value instead of stars; everywhere else the secret stays hidden.' }),
    explains,
  };
}
