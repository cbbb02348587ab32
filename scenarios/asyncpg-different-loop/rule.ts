import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { importName } from '../../source/edits.ts';
import { lineStart, nextLine } from '../../source/splice.ts';
import type { Edit, Source } from '../../source/types.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { moduleOfFile } from '../mechanisms/models.ts';
import { atStart, startUpOf } from '../mechanisms/start-up.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'asyncpg-different-loop';

/** `Task <…> got Future <…> attached to a different loop`, `<asyncio.locks.Event object …> is bound to a different event loop` */
const OTHER_LOOP = /attached to a different loop|is bound to a different event loop/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A connection is used in another event loop than the one it was made in.',
  refines: ['request-fails'],
  detect: (evidence, source) => {
    const seen = raised(evidence, [], OTHER_LOOP);
    const [first] = seen;
    if (first === undefined) return [];
    const [call] = ownLoops(source);
    const own = ownFrameOf(first);
    return [{
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: call?.file ?? own?.file ?? '', line: call?.line ?? own?.line ?? 1, facts: { file: call?.file ?? own?.file ?? '' },
      what: call === undefined ? 'The code uses a connection, a lock or a future that belongs to another event loop.' : `${call.file} runs async code in an event loop of its own while it is loaded, and what it opens there is used by the server's loop later.`,
      why: 'Connections and locks belong to the event loop that was running when they were made. A pool that was filled in one loop hands its connections to the next, and they wait for a loop that is gone.',
      todo: 'Run the step in the lifespan of the app, or close the pool (await engine.dispose()) before its loop ends.',
      candidates: call === undefined ? [] : intoStartUp(source, call), explains: [...new Set([...seen, ...raised(evidence, ['RuntimeError'], /^Event loop is closed/)].map(({ at }) => at))],
    } satisfies Finding];
  },
};

/** `asyncio.run(init_db())` and `loop.run_until_complete(init_db())` as statements of a module that the server loads. */
function ownLoops(source: Source): readonly Call[] {
  return [...source.files.values()].filter((file) => isServerCode(file.path) && /asyncio\.run\(|run_until_complete\(/.test(file.text))
    .flatMap((file) => callsOf(file).filter((call) => call.scope === '' && /(?:^|\.)(?:asyncio\.run|run_until_complete)$/.test(call.written) && call.node.parent?.type === 'expression_statement' && call.node.parent.parent?.type === 'module'));
}

/** The step moves to the beginning of the lifespan, where the server's loop runs it. */
function intoStartUp(source: Source, call: Call): readonly Fix[] {
  const start = startUpOf(source);
  const file = source.files.get(call.file);
  const step = call.arguments[0]?.value;
  const name = /^(?<name>\w+)\(/.exec(step ?? '')?.groups?.['name'];
  const module = file === undefined ? undefined : moduleOfFile(source, file);
  if (start === undefined || !start.async || file === undefined || step === undefined || name === undefined || module === undefined) return [];
  const [from, to] = [lineStart(file.text, call.start), nextLine(file.text, call.end)];
  if (file.text.slice(call.end, to).trim() !== '') return [];
  const removal: Edit = { file: file.path, old: file.text.slice(from, to), new: '', at: from };
  return fixOf({
    title: `Run ${name} when the app starts`, safety: 'likely', edits: [removal, ...atStart(start, [`await ${step}`]), ...(file.path === start.file.path ? [] : importName(start.file, module, name))],
    explanation: `${name} runs as before, in the event loop that serves the requests, so that its connections can be used there.`,
  });
}
