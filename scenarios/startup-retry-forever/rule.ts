import { hangs } from '../mechanisms/hangs.ts';
import type { Hang } from '../mechanisms/hangs.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'startup-retry-forever';

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start-up tries again and again, without an end.',
  refines: ['startup-hang-lifespan', 'startup-blocking-call'],
  detect: (evidence, source) => hangs(evidence, source).flatMap((hang): readonly Finding[] => {
    const tried = triedIn(hang);
    return tried === undefined ? [] : [{
      kind, stage: evidence.stage, severity: 'CRITICAL', category: 'ENTRYPOINT', file: hang.file.path, line: tried.line, facts: { file: hang.file.path, function: hang.name },
      what: `${hang.name} in ${hang.file.path} tries "${tried.text}" for ever, and it never succeeds.`,
      why: 'The loop catches the error and tries again, with no limit and mostly without a word: the server neither starts nor fails.',
      todo: `Let ${hang.name} give up after some attempts and raise the last error; and see to what it waits for.`,
      candidates: [], explains: [hang.at],
    }];
  }),
};

/** What a `while True` with an `except` inside it tries; undefined when the waiting line lies in no such loop. */
function triedIn({ node, line }: Hang): { readonly line: number; readonly text: string } | undefined {
  const loop = (node?.descendantsOfType('while_statement') ?? []).find((each) => each !== null && each.startPosition.row + 1 <= line && line <= each.endPosition.row + 1 && /^(?:True|1|not \w|\w+ is None)/.test(each.childForFieldName('condition')?.text ?? ''));
  const attempt = loop?.descendantsOfType('try_statement').find((each) => each?.descendantsOfType('except_clause').some((clause) => clause !== null && !/\b(?:raise|return|break)\b/.test(clause.text)));
  const first = attempt?.childForFieldName('body')?.namedChildren.find((each) => each?.type !== 'comment');
  return first ? { line: first.startPosition.row + 1, text: (first.text.split('\n')[0] ?? '').trim().slice(0, 120) } : undefined;
}
