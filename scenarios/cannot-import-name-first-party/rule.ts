import { importRoots } from '../../source/import-roots.ts';
import { definitionsOf, fileOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import { missingNames, moveEverywhere } from '../mechanisms/moved-names.ts';
import type { MissingName } from '../mechanisms/moved-names.ts';
import { lookAlikes, treeHomesOf } from '../mechanisms/names.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'cannot-import-name-first-party';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: "The code imports a name that the tree's own module does not define.",
  detect: (evidence, source) =>
    missingNames(evidence).filter(({ module }) => isTreeModule(module, source)).map((missing) => ({ ...findingFor(missing, source), explains: [missing.seen.at] })),
};

type Asked = Pick<MissingName, 'name' | 'module' | 'file' | 'line' | 'suggested'>;

function findingFor(missing: Asked, source: Source): Finding {
  const { name, module, file, line } = missing;
  const homes = treeHomesOf(name, source).filter((home) => home !== module);
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: file ?? '', ...(line === undefined ? {} : { line }), facts: { name, module },
    what: `${file ?? 'The code'} imports ${name} from ${module}, which does not define it.`,
    why: homes.length > 0
      ? `The tree defines ${name} in ${list(homes)}, not in ${module}: it was moved, and this import was left behind.`
      : `No module of the tree defines ${name}: it was renamed or removed, or its name is misspelt.`,
    todo: `Define ${name} in ${module}, or import what took its place.`,
    candidates: corrections(missing, homes, source),
  };
}

function corrections({ name, module, suggested }: Asked, homes: readonly string[], source: Source): readonly Fix[] {
  const moved = homes.slice(0, 3).flatMap((home) => fixOf({
    title: `Import ${name} from ${home}`, safety: 'safe', edits: moveEverywhere(name, module, home, source),
    explanation: `${home} is where the tree defines ${name}.`,
  }));
  const similar = lookAlikes(name, namesIn(module, source), suggested).flatMap((other) => fixOf({
    title: `Import ${other} instead of ${name}`, safety: 'likely', edits: moveEverywhere(name, module, module, source, other),
    explanation: `${module} defines ${other}, whose name is nearly ${name}; the code keeps its own spelling as an alias.`,
  }));
  return [...moved, ...similar];
}

function namesIn(module: string, source: Source): readonly string[] {
  const file = source.files.get(fileOf(module, source.files, importRoots(source.run)) ?? '');
  return file === undefined ? [] : definitionsOf(file).map((definition) => definition.name);
}
