import { nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { firstLine, fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'awaited-not-awaitable';

/** `object int can't be used in 'await' expression`   3.14: `'int' object can't be awaited` */
const AWAITED = /^object (?<type>[\w.]{1,200}) can't be used in 'await' expression|^'(?<printed>[\w.]{1,200})' object can't be awaited/;
/** Results of a sync session or connection: that one must become async, not the code around it sync. */
const DATABASE = /Result|Connection|Session|Engine|Cursor|Transaction|Query|Row/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Something is awaited that an ordinary function has returned.',
  refines: ['unknown-failure', 'request-fails'],
  lastResort: true,
  detect: (evidence, source) => raised(evidence, ['TypeError'], AWAITED).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const type = seen.match?.groups?.['type'] ?? seen.match?.groups?.['printed'] ?? '';
    if (own === undefined || file === undefined || seen.exception.frames.at(-1) !== own) return [];
    const what = firstLine((own.source ?? '').replace(/^.*?\bawait\s+/, ''), 80);
    return [{
      kind, ...metIn(seen.fault, 'lifespan'), category: 'IMPORT', file: file.path, line: own.line, facts: { file: file.path, what },
      what: `${file.path} awaits ${what}, which is no coroutine but ${type === 'NoneType' ? 'None' : `an object of ${type}`}.`,
      why: 'The function behind it is an ordinary one: it has run when it returns, and there is nothing to wait for.',
      todo: DATABASE.test(type) ? `Make what ${file.path} works with async, or call it without await in a thread of its own.` : `Take the await away, or call the async form of the function.`,
      candidates: DATABASE.test(`${type} ${own.source ?? ''}`) || /\b(?:engine|session|conn|connection|cursor|db)\b/.test(own.source ?? '') ? [] : withoutAwait(file, own.line), explains: [seen.at],
    }];
  }),
};

function withoutAwait(file: SourceFile, line: number): readonly Fix[] {
  const [only, ...others] = nodesOf(file, 'await').filter((node) => node.isNamed && node.startPosition.row + 1 <= line && line <= node.endPosition.row + 1);
  const inside = only?.namedChild(0);
  return only === undefined || others.length > 0 || !inside ? [] : fixOf({
    title: 'Take the await away', safety: 'likely', edits: [{ file: file.path, old: file.text.slice(only.startIndex, inside.startIndex), new: '', at: only.startIndex }],
    explanation: 'The call is made as before; its value is there at once.',
  });
}
