import { importName } from '../../source/edits.ts';
import { callsOf, importedNames } from '../../source/python.ts';
import type { Argument, Call } from '../../source/python.ts';
import type { SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-text-coercion';

/**
 * `Not an executable object: 'SELECT 1'`, `Textual SQL expression 'SELECT 1' should be explicitly declared as text('SELECT 1')`,
 * `Executable SQL or text() construct expected, got 'SELECT 1'.`
 */
const PLAIN = /^Not an executable object: ['"]|^Textual \w+(?: \w+)? expression .{0,400}should be explicitly declared as text\(|construct expected, got ['"]/s;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'SQL is passed to SQLAlchemy as a plain string.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['ArgumentError', 'ObjectNotExecutableError'], PLAIN).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const call = file === undefined ? undefined : executing(file, own?.line ?? 0);
    return {
      kind, stage: seen.fault.during === 'request' ? 'health' : 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }),
      facts: { file: own?.file ?? '', function: own?.function ?? '', text: call?.argument.value.slice(0, 200) ?? '' },
      what: `${own?.file ?? 'The code'} executes SQL that is a plain string.`,
      why: 'Since SQLAlchemy 2.0 a string is no statement: it must be declared as text(…), so that nobody runs a string by accident.',
      todo: 'Wrap the string in text(…) from sqlalchemy.',
      candidates: file === undefined || call === undefined ? [] : wrapped(file, call.argument), explains: [seen.at],
    };
  }),
};

/** The call of the line that runs a statement: its first argument is the string, or a name for one. */
function executing(file: SourceFile, line: number): { readonly call: Call; readonly argument: Argument } | undefined {
  const calls = callsOf(file).filter((call) => /(?:^|\.)(?:execute|scalars?|exec|stream|stream_scalars|exec_driver_sql)$/.test(call.written) && call.line <= line && line <= call.node.endPosition.row + 1);
  for (const call of calls) {
    const [argument] = call.arguments.filter(({ name, splat }) => !splat && (name === undefined || name === 'statement'));
    if (argument !== undefined && !/^(?:\w+\.)?text\(/.test(argument.value)) return { call, argument };
  }
  return undefined;
}

function wrapped(file: SourceFile, argument: Argument): readonly Fix[] {
  const names = importedNames(file);
  const [local] = [...names].find(([, origin]) => /^sql(?:alchemy|model)(?:\.\w+)*\.text$/.test(origin)) ?? [];
  // Where `text` means something else already, the function comes in under another name.
  const taken = local === undefined && (names.has('text') || /^text\s*[:=]|^\s*(?:text\s*=|(?:async )?def text\b)|[(,]\s*text\s*(?::|=[^=]|,|\))/m.test(file.text));
  const name = local ?? (taken ? 'sql_text' : 'text');
  const { start, end } = argument.valueSpan;
  return fixOf({
    title: `Declare the SQL in ${file.path} with text(…)`, safety: 'safe',
    edits: [{ file: file.path, old: file.text.slice(start, end), new: `${name}(${file.text.slice(start, end)})`, at: start }, ...(local === undefined ? importName(file, 'sqlalchemy', 'text', taken ? 'sql_text' : undefined) : [])],
    explanation: 'The same statement runs as before; text(…) only says that the string is meant as SQL.',
  });
}
