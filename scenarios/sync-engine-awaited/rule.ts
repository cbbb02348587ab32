import type { Evidence } from '../../parsers/evidence.ts';
import type { Call } from '../../source/python.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { asyncEngineEdits, enginesBehind, promisesAsyncEngine, syncEngineCalls } from '../mechanisms/engines.ts';
import { isAsyncTree, readScheme, settingsUrls } from '../mechanisms/drivers.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { toAsyncDriver, toAsyncDriverInstalled } from '../mechanisms/url-fixes.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sync-engine-awaited';

/**
 * `'_GeneratorContextManager' object does not support the asynchronous context manager protocol` comes from `async with engine.begin()`;
 * since 3.14 the type is printed with its module: `'contextlib._GeneratorContextManager'`.
 */
const NOT_ASYNC = /'(?:[\w.]{1,200}\.)?(?:_GeneratorContextManager|Connection|Engine)' object does not support the asynchronous context manager protocol|^__aenter__$/;
/** `AsyncEngine expected, got Engine(postgresql://…)` */
const EXPECTED = /^AsyncEngine expected, got Engine\(/;
/** Awaited results of a sync engine: `await engine.dispose()` */
const AWAITED = /^'?object NoneType can't be used in 'await' expression|^'NoneType' object can't be awaited/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Async code uses an engine that create_engine built, which cannot be awaited.',
  refines: ['sqlalchemy-missing-greenlet', 'context-manager-entered-wrongly'],
  detect: (evidence, source, index) => shown(evidence).flatMap((seen) => findingFor(seen, source, index)),
  scan: (source) => syncEngineCalls(source).filter((call) => promisesAsyncEngine(source, call)).map((call) => describe(call, source, [], {})),
};

/** Faults whose own line works on something called an engine; the texts alone would fit any sync object. */
function shown(evidence: Evidence): readonly Seen[] {
  const touches = (seen: Seen, what: RegExp): boolean => what.test(ownFrameOf(seen)?.source ?? '');
  return [
    ...raised(evidence, ['TypeError', 'AttributeError'], NOT_ASYNC).filter((seen) => touches(seen, /\.(?:begin|connect)\(/)),
    ...raised(evidence, ['TypeError'], AWAITED).filter((seen) => touches(seen, /\bawait \w*engine\w*\./i)),
    ...raised(evidence, ['ArgumentError'], EXPECTED),
    ...raised(evidence, ['MissingGreenlet']).filter((seen) => touches(seen, /\bengine\w*\.(?:begin|connect)\(/i)),
  ];
}

function findingFor(seen: Seen, source: Source, index: PackageIndex): readonly Finding[] {
  const calls = enginesBehind(source, ownFrameOf(seen)?.file ?? '');
  const [call] = calls;
  if (call === undefined || !isAsyncTree(source) && !/async with|await/.test(ownFrameOf(seen)?.source ?? '')) return [];
  return [describe(call, source, candidates(calls, source, index), { explains: [seen.at] })];
}

function describe(call: Call, source: Source, fixes: readonly Fix[], more: Pick<Finding, 'explains'>): Finding {
  const name = call.assignedTo ?? 'the engine';
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: call.file, line: call.line, facts: { file: call.file },
    what: `${call.file} builds ${name === 'the engine' ? name : `the engine of ${name}`} with the sync create_engine, and async code then awaits it.`,
    why: 'create_engine returns a sync Engine whose connections cannot be entered with "async with" or awaited; only create_async_engine returns an AsyncEngine.',
    todo: 'Build the engine with create_async_engine from sqlalchemy.ext.asyncio and a URL that names an async driver.',
    candidates: fixes.length > 0 ? fixes : engineOnly([call], source), ...more,
  };
}

function engineOnly(calls: readonly Call[], source: Source): readonly Fix[] {
  return fixOf({
    title: 'Build the engine with create_async_engine', safety: 'safe', edits: asyncEngineEdits(source, calls),
    explanation: 'create_async_engine takes the same arguments and returns the AsyncEngine that the rest of the code expects.',
  });
}

/** The engine alone; and, where its URL would stop it right away, together with the URL and the driver. */
function candidates(calls: readonly Call[], source: Source, index: PackageIndex): readonly Fix[] {
  const alone = engineOnly(calls, source);
  const dialect = ['postgresql', 'sqlite', 'mysql'].find((name) => settingsUrls(source, name).some((url) => readScheme(url.scheme).driver === undefined));
  const urls = dialect === undefined ? [] : [...toAsyncDriver(source, dialect), ...toAsyncDriverInstalled(source, index, dialect)];
  const together = alone.flatMap((engine) => urls.map((url): Fix => ({
    title: `${engine.title}; ${url.title.charAt(0).toLowerCase()}${url.title.slice(1)}`, safety: 'safe', edits: [...engine.edits, ...url.edits],
    explanation: `${engine.explanation} ${url.explanation}`,
  })));
  return [...alone, ...together];
}
