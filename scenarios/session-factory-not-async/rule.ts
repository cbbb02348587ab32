import type { Evidence } from '../../parsers/evidence.ts';
import type { Call } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { asyncFactoryEdits, factoryBehind, makesAsyncSessions, syncFactories, usedAsync } from '../mechanisms/sessions.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'session-factory-not-async';

/**
 * `'Session' object does not support the asynchronous context manager protocol`; since 3.14 the type is printed with its module:
 * `'sqlalchemy.orm.session.Session'`. `begin()` of a factory gives the other type.
 */
const NOT_ASYNC = /'(?:[\w.]{1,200}\.)?(?:Session|_GeneratorContextManager)' object does not support the asynchronous context manager protocol|^__aenter__$/;
/** Awaited results of a sync session. */
const AWAITED = /can't be used in 'await' expression|can't be awaited/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  refines: ['context-manager-entered-wrongly'],
  title: 'Async code takes its sessions from a sync session factory.',
  detect: (evidence, source) => shown(evidence).flatMap((seen) => {
    const call = factoryBehind(source, ownFrameOf(seen)?.source ?? '');
    return call === undefined ? [] : [describe(call, source, 'CRITICAL', { explains: [seen.at] })];
  }),
  scan: (source) => syncFactories(source).flatMap((call) => {
    if (makesAsyncSessions(call)) return [describe(call, source, 'MEDIUM', {})];
    return usedAsync(source, call) ? [describe(call, source, 'CRITICAL', {})] : [];
  }),
};

function shown(evidence: Evidence): readonly Seen[] {
  const touches = (seen: Seen, what: RegExp): boolean => what.test(ownFrameOf(seen)?.source ?? '');
  return [
    ...raised(evidence, ['TypeError', 'AttributeError'], NOT_ASYNC).filter((seen) => /\bSession'/.test(seen.exception.message) || touches(seen, /session\w*(?:\(\))?(?:\.begin\()?/i) && !touches(seen, /engine/i)),
    ...raised(evidence, ['TypeError'], AWAITED).filter((seen) => touches(seen, /\bawait \w*(?:session|db)\w*\./i)),
    ...raised(evidence, ['AsyncContextNotStarted']),
  ];
}

function describe(call: Call, source: Source, severity: 'CRITICAL' | 'MEDIUM', more: Pick<Finding, 'explains'>): Finding {
  const name = call.assignedTo ?? 'the session factory';
  const works = severity === 'MEDIUM';
  return {
    kind, stage: 'connect', severity, category: 'DATABASE', file: call.file, line: call.line, facts: { factory: name, file: call.file },
    what: works
      ? `${call.file} makes async sessions with the sync factory sessionmaker.`
      : `${call.file} makes ${name} with the sync sessionmaker, and async code enters or awaits its sessions.`,
    why: works
      ? 'class_=AsyncSession makes it work, but type checkers and readers see a factory of sync sessions; async_sessionmaker is made for this.'
      : 'sessionmaker returns sync sessions: they cannot be entered with "async with" or awaited, so every request that needs one fails although the server starts.',
    todo: 'Make the factory with async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False) from sqlalchemy.ext.asyncio.',
    candidates: candidates(call, source), ...more,
  };
}

function candidates(call: Call, source: Source): readonly Fix[] {
  const explanation = 'async_sessionmaker returns sessions that async code can enter and await. With expire_on_commit=False objects stay readable after a commit, which asyncio needs because attributes cannot be reloaded without awaiting.';
  return [
    ...fixOf({ title: 'Make the session factory with async_sessionmaker', safety: 'safe', edits: asyncFactoryEdits(source, call), explanation }),
    ...(makesAsyncSessions(call) ? [] : fixOf({ title: 'Make the session factory with async_sessionmaker and keep its other settings', safety: 'safe', edits: asyncFactoryEdits(source, call, true), explanation })),
  ];
}
