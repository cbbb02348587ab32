import type { Evidence } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { factoriesIn, fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { raised } from '../mechanisms/faults.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'uvicorn-factory';

/** A function called as if it were the application: `create_app() takes 0 positional arguments but 3 were given` */
const CALLED_AS_APP = /^(?<name>\w+)\(\) takes (?:\d+|from \d+ to \d+) positional arguments? but [123] (?:was|were) given/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start command names a function that makes the application, without saying so.',
  detect: (evidence, source) => [
    ...evidence.faults.flatMap(({ server, form }, at) => {
      if (form !== 'server' || (server?.problem !== 'factory-detected' && server?.problem !== 'factory-failed')) return [];
      return [{ ...(server.problem === 'factory-detected' ? detected(source) : failed(server.reason ?? '', source)), explains: [at] }];
    }),
    ...called(evidence, source),
  ],
  scan: (source) => {
    const { module, attribute } = targetParts(source.run.app);
    const file = fileOfModule(module, source);
    return source.run.factory || file === undefined || !factoriesIn(file).includes(attribute) ? [] : [detected(source)];
  },
};

function base(source: Source): Pick<Finding, 'kind' | 'stage' | 'category' | 'file'> {
  return { kind, stage: 'import', category: 'ENTRYPOINT', file: fileOfModule(targetParts(source.run.app).module, source)?.path ?? source.install.manifest };
}

function detected(source: Source): Finding {
  return {
    ...base(source), severity: 'MEDIUM', facts: { target: source.run.app },
    what: `${source.run.app} is a function that makes the application, and the start command does not say so.`,
    why: 'Newer releases of uvicorn notice it and call the function with a warning; older ones and other servers take the function for the application and fail on the first request.',
    todo: `Start the server with ${source.run.app} --factory.`, candidates: [],
  };
}

function failed(reason: string, source: Source): Finding {
  return {
    ...base(source), severity: 'CRITICAL', facts: { target: source.run.app },
    what: `${source.run.app} was called to make the application, and failed: ${reason === '' ? 'no reason was given' : reason}.`,
    why: 'The start command names a function that cannot be called without arguments, so it is no application factory.',
    todo: 'Name the application object in the start command, or give every parameter of the factory a default.', candidates: [],
  };
}

function called(evidence: Evidence, source: Source): readonly Finding[] {
  const { attribute } = targetParts(source.run.app);
  return raised(evidence, ['TypeError'], CALLED_AS_APP).filter(({ match }) => match?.groups?.['name'] === attribute).map(({ at }) => ({ ...detected(source), severity: 'CRITICAL' as const, explains: [at] }));
}
