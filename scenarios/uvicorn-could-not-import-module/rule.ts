import type { Source } from '../../source/types.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { appsIn, factoriesIn, targetParts } from '../mechanisms/apps.ts';
import { missingModules, treeModules } from '../mechanisms/modules.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'uvicorn-could-not-import-module';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start command names a module that does not exist where the server is started.',
  refines: ['third-party-module-not-found', 'import-name-differs', 'first-party-module-not-found'],
  detect: (evidence, source) => [
    ...evidence.faults.flatMap(({ server }, at) => (server?.problem === 'module-missing' ? [findingFor(server.module ?? '', at, source)] : [])),
    // When the parent package is missing, uvicorn passes the plain ModuleNotFoundError on: nobody's code asked for it but the command.
    ...missingModules(evidence).filter(({ module, file, askedByPackage }) => file === undefined && !askedByPackage && isParent(module, source)).map(({ module, seen }) => findingFor(module, seen.at, source)),
  ],
};

function isParent(module: string, source: Source): boolean {
  const target = targetParts(source.run.app).module;
  return target === module || target.startsWith(`${module}.`);
}

/** Where the application is made; the manifest when nobody makes one. */
function appFile(source: Source): string {
  return [...source.files.values()].find((file) => isServerCode(file.path) && (appsIn(file).length > 0 || factoriesIn(file).length > 0))?.path ?? source.install.manifest;
}

function findingFor(module: string, at: number, source: Source): Finding {
  const targets = source.targets.map(({ target, factory }) => (factory ? `${target} --factory` : target));
  const near = lookAlikes(module, treeModules(source));
  const where = source.run.cwd === '' || source.run.cwd === '.' ? 'the root of the backend' : source.run.cwd;
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'ENTRYPOINT', file: appFile(source), facts: { module },
    what: `The start command names the module ${module}, which cannot be found from ${where}.`,
    why: near.length > 0
      ? `The tree has no ${module}, but it has ${list(near)}.`
      : targets.length > 0 ? `The application of this tree is ${list(targets.slice(0, 3))}; the command names another module, or is run in another folder.` : 'The tree holds no application that the command could mean.',
    todo: targets.length > 0 ? `Start the server with ${targets[0] ?? ''}.` : 'Name the module and object of the application in the start command.',
    candidates: [], explains: [at],
  };
}
