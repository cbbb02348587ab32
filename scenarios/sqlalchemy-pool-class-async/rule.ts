import { inSequence } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Source } from '../../source/types.ts';
import { dropUnused, engineCallsAt } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-pool-class-async';

/** `Pool class QueuePool cannot be used with asyncio engine` */
const NOT_ASYNC = /^Pool class (?<pool>\w+) cannot be used with asyncio engine/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'An async engine is given a pool that only works for sync ones.',
  detect: (evidence, source) => raised(evidence, ['ArgumentError'], NOT_ASYNC).map((seen): Finding => {
    const pool = seen.match?.groups?.['pool'] ?? 'QueuePool';
    const own = ownFrameOf(seen);
    const [call] = engineCallsAt(source, own).filter((each) => each.arguments.some(({ name }) => name === 'poolclass'));
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: call?.file ?? own?.file ?? '', line: call?.line ?? own?.line ?? 1, facts: { pool },
      what: `The async engine is built with poolclass=${pool}, which blocks the event loop and is refused.`,
      why: `${pool} makes its caller wait in a thread lock. Async engines use AsyncAdaptedQueuePool, with the same arguments, unless told otherwise.`,
      todo: `Leave poolclass out, or use AsyncAdaptedQueuePool.`,
      candidates: call === undefined ? [] : withoutPool(source, call, pool), explains: [seen.at],
    };
  }),
};

function withoutPool(source: Source, call: Call, pool: string): readonly Fix[] {
  const file = source.files.get(call.file);
  if (file === undefined) return [];
  const edits = inSequence(
    file,
    (now) => { const found = callsOf(now).find((each) => each.start === call.start); return found === undefined ? [] : setKeyword(now, found, 'poolclass', null); },
    dropUnused(pool),
  );
  return fixOf({
    title: `Build the async engine without poolclass=${pool}`, safety: 'safe', edits,
    explanation: 'The default of an async engine is the same pool, made for asyncio: it takes the same size and the same limits.',
  });
}
