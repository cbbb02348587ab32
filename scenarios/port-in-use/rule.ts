import { raised } from '../mechanisms/faults.ts';
import type { Source } from '../../source/types.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'port-in-use';

/** `error while attempting to bind on address ('0.0.0.0', 8080): address already in use` */
const IN_USE = /address already in use|Connection in use|only one usage of each socket address/i;

export const rule: Rule = {
  kind,
  stage: 'bind',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'Another process already listens on the port.',
  detect: (evidence, source) => {
    const lines = evidence.faults.flatMap(({ server, form, summary }, at) =>
      (form === 'server' && server?.problem === 'bind' && (server.errno === '98' || server.errno === '48' || IN_USE.test(summary.slice(0, 2_000))) ? [at] : []));
    const errors = raised(evidence, ['OSError'], IN_USE).map(({ at }) => at);
    return [...new Set([...lines, ...errors])].map((at) => findingFor(at, source));
  },
};

function findingFor(at: number, source: Source): Finding {
  const starter = startsItself(source);
  return {
    kind, stage: 'bind', severity: 'CRITICAL', category: 'ENTRYPOINT', file: starter ?? source.install.manifest, facts: { what: 'port' },
    what: 'The server cannot listen on its port, because the port is already taken.',
    why: starter === undefined
      ? 'Another process listens on the same port: an earlier run that never ended, or another service with the same setting.'
      : `${starter} starts a server of its own when it is loaded, so the port is taken before the server that loads it can listen.`,
    todo: starter === undefined ? 'Stop the other process, or start the server on another port (--port).' : `Move the call in ${starter} below: if __name__ == "__main__":`,
    candidates: [], explains: [at],
  };
}

/** A file that calls `uvicorn.run` at module level, outside the guard for scripts. */
function startsItself(source: Source): string | undefined {
  return [...source.files.values()].find((file) => isServerCode(file.path) && /^uvicorn\.run\(/m.test(file.text))?.path;
}
