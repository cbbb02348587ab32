import { asyncEngineEdits, enginesBehind } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'sqlalchemy-missing-greenlet';

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database is used synchronously through an async driver.',
  detect: (evidence, source) => raised(evidence, ['MissingGreenlet']).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const calls = enginesBehind(source, own?.file ?? '');
    const [call] = calls;
    return {
      kind, stage: 'connect', severity: seen.fault.during === 'request' ? 'HIGH' : 'CRITICAL', category: 'DATABASE', file: call?.file ?? own?.file ?? '',
      ...(call === undefined ? (own === undefined ? {} : { line: own.line }) : { line: call.line }), facts: { file: call?.file ?? own?.file ?? '', function: own?.function ?? '' },
      what: `${own?.file ?? 'The code'} uses the database without awaiting, through a driver that can only be awaited.`,
      why: call === undefined
        ? 'Something is loaded from the database at a moment when nothing awaits: typically an attribute that is read lazily after the session has moved on.'
        : `${call.file} builds a sync engine with create_engine, but the URL names an async driver.`,
      todo: call === undefined
        ? 'Load what is needed with the query (selectinload), or refresh the object with an awaited call before reading the attribute.'
        : 'Build the engine with create_async_engine and await what uses it, or name a sync driver in the URL.',
      candidates: fixOf({
        title: 'Build the engine with create_async_engine', safety: 'likely', edits: asyncEngineEdits(source, calls),
        explanation: 'The URL names an async driver, and only create_async_engine can use it.',
      }),
      explains: [seen.at],
    };
  }),
};
