import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { lineEnding, lineStart } from '../../source/splice.ts';
import { stringValue } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { splitStatements } from '../mechanisms/sql.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'asyncpg-multiple-commands';

const MULTIPLE = /cannot insert multiple commands into a prepared statement/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Several SQL statements are sent as one, which asyncpg cannot prepare.',
  detect: (evidence, source) => raised(evidence, [], MULTIPLE).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { file: own?.file ?? '', function: own?.function ?? '' },
      what: `${own?.file ?? 'The code'} executes several SQL statements in one call, and asyncpg takes one at a time.`,
      why: 'SQLAlchemy prepares every statement with asyncpg, and PostgreSQL prepares only single ones. psycopg sends such texts as they are, so the code works with it.',
      todo: 'Execute each statement in a call of its own.',
      candidates: file === undefined || own === undefined ? [] : separated(file, own.line), explains: [seen.at],
    };
  }),
};

/** Only for a text that stands in the call itself, in a statement of its own, and that takes no parameters. */
function separated(file: SourceFile, line: number): readonly Fix[] {
  const call = callsOf(file).find((each) => /\.(?:execute|exec_driver_sql)$/.test(each.written) && each.line <= line && line <= each.node.endPosition.row + 1 && each.arguments.length === 1);
  const text = call === undefined ? undefined : literalOf(call);
  const statement = call?.node.parent?.type === 'await' ? call.node.parent.parent : call?.node.parent;
  const parts = text === undefined ? [] : splitStatements(text);
  if (call === undefined || text === undefined || parts.length < 2 || statement?.type !== 'expression_statement') return [];
  const indent = file.text.slice(lineStart(file.text, statement.startIndex), statement.startIndex);
  if (!/^[ \t]*$/.test(indent)) return [];
  const old = file.text.slice(statement.startIndex, statement.endIndex);
  const literal = literalNode(call)?.text ?? '';
  const calls = parts.map((part) => old.replace(literal, () => quoted(part)));
  return fixOf({
    title: 'Execute each SQL statement in a call of its own', safety: 'safe', edits: [{ file: file.path, old, new: calls.join(`${lineEnding(file.text)}${indent}`), at: statement.startIndex }],
    explanation: 'The same statements run in the same order and in the same transaction.',
  });
}

function literalNode(call: Call): Call['node'] | undefined {
  const argument = call.arguments[0]?.valueNode;
  const inner = argument?.type === 'call' ? argument.childForFieldName('arguments')?.namedChild(0) : argument;
  return inner?.type === 'string' ? inner : undefined;
}

function literalOf(call: Call): string | undefined {
  return stringValue(literalNode(call) ?? null);
}

function quoted(sql: string): string {
  return /["\n\\]/.test(sql) ? `"""${sql.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"')}"""` : `"${sql}"`;
}
