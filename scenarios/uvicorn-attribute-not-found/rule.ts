import { definitionsOf, syntaxFaults } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { appsIn, factoriesIn, fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'uvicorn-attribute-not-found';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start command names an object that its module does not have.',
  detect: (evidence, source) => evidence.faults.flatMap(({ server }, at) =>
    server?.problem === 'attribute-missing' ? [{ ...findingFor(server.module ?? '', server.attribute ?? '', source), explains: [at] }] : []),
  scan: (source) => {
    const { module, attribute } = targetParts(source.run.app);
    const file = fileOfModule(module, source);
    if (file === undefined || !/^\w+$/.test(attribute) || /\bimport \*|\bdef __getattr__\(|\bglobals\(\)/.test(file.text)) return [];
    return definitionsOf(file).some(({ name }) => name === attribute) || syntaxFaults(file).length > 0 ? [] : [findingFor(module, attribute, source)];
  },
};

function findingFor(module: string, attribute: string, source: Source): Finding {
  const file = fileOfModule(module, source);
  const apps = file === undefined ? [] : appsIn(file);
  const factories = file === undefined ? [] : factoriesIn(file);
  const others = source.targets.filter(({ target }) => target !== `${module}:${attribute}`).map(({ target, factory }) => (factory ? `${target} --factory` : target));
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'ENTRYPOINT', file: file?.path ?? source.install.manifest, facts: { module, attribute },
    what: `The start command asks for ${attribute} in ${module}, which has no object of that name.`,
    why: apps.length > 0
      ? `${module} calls its application ${list(apps)}.`
      : factories.length > 0 ? `${module} makes its application in the function ${list(factories)} and never calls it at module level.` : `${module} makes no application: it is made elsewhere, or was removed.`,
    todo: others.length > 0 ? `Start the server with ${others[0] ?? ''} instead, or define ${attribute} in ${module}.` : `Define the application as ${attribute} in ${module}, or name the right object in the start command.`,
    candidates: file === undefined ? [] : candidates(file, attribute, apps, factories),
  };
}

function candidates(file: SourceFile, attribute: string, apps: readonly string[], factories: readonly string[]): readonly Fix[] {
  if (definitionsOf(file).some(({ name }) => name === attribute)) return [];
  return [
    ...apps.flatMap((name) => fixOf({
      title: `Give the application ${name} the name ${attribute} as well`, safety: 'likely', edits: append(file, `${attribute} = ${name}`),
      explanation: `The start command looks for ${attribute}; the application is the same object. Starting with ${name} instead needs no edit.`,
    })),
    ...factories.flatMap((name) => fixOf({
      title: `Call the factory ${name} as ${attribute}`, safety: 'likely', edits: append(file, `${attribute} = ${name}()`),
      explanation: `The start command looks for a ready application, and only the function ${name} makes one. Starting with --factory instead needs no edit.`,
    })),
  ];
}

function append(file: SourceFile, line: string): Fix['edits'] {
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const gap = file.text.endsWith('\n') ? eol : `${eol}${eol}`;
  return [{ file: file.path, old: '', new: `${gap}${line}${eol}`, at: file.text.length }];
}
