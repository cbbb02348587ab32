import { hangs } from '../mechanisms/hangs.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'startup-blocking-call';

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'A call in the start-up blocks the whole server and does not come back.',
  refines: ['startup-hang-lifespan'],
  detect: (evidence, source) => hangs(evidence, source).filter(({ blocking }) => blocking).map(({ at, file, line, name, text }): Finding => ({
    kind, stage: evidence.stage, severity: 'CRITICAL', category: 'ENTRYPOINT', file: file.path, line, facts: { file: file.path, function: name, text },
    what: `${file.path} blocks in ${name} at "${text}", and the server never comes up.`,
    why: 'The call does not give the event loop back while it waits: nothing else of the server can run, not even its time-outs or its answer to a signal.',
    todo: 'Give the call a time limit and let it run beside the event loop (await asyncio.to_thread(…)), or use the async form of it; sleep with await asyncio.sleep.',
    candidates: [], explains: [at],
  })),
};
