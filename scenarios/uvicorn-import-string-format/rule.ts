import { importRoots } from '../../source/import-roots.ts';
import { fileOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { appsIn } from '../mechanisms/apps.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'uvicorn-import-string-format';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start command names no module and object.',
  refines: ['unknown-failure'],
  detect: (evidence, source) => evidence.faults.flatMap(({ server, summary }, at) =>
    server?.problem === 'target-format' ? [{ ...findingFor(server.target ?? /Import string "(?<target>[^"]{1,200})"/.exec(summary)?.groups?.['target'] ?? source.run.app, source), explains: [at] }] : []),
};

/** The command is the user's: what is wrong with it is said, and nothing in the tree could be edited. */
function findingFor(target: string, source: Source): Finding {
  const module = target.replace(/\.py$/, '').replaceAll('/', '.').replace(/:$/, '');
  const file = source.files.get(fileOf(module, source.files, importRoots(source.run)) ?? '');
  const app = file === undefined ? undefined : appsIn(file)[0];
  const meant = app === undefined ? source.targets[0]?.target : `${module}:${app}`;
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'ENTRYPOINT', file: file?.path ?? source.install.manifest, facts: { target },
    what: `The start command names ${target}, which does not say which object of which module is the application.`,
    why: 'uvicorn wants a module and an object in it, with a colon between them: MODULE:OBJECT.',
    todo: meant === undefined ? 'Start the server with MODULE:OBJECT, for example src.main:app.' : `Start the server with ${meant}.`,
    candidates: [],
  };
}
