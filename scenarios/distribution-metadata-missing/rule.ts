import { normaliseName } from '../../source/manifest.ts';
import { replaceSpan } from '../../source/splice.ts';
import { nodesOf, spanOf, stringValue } from '../../source/syntax.ts';
import { tomlTree, tomlValue } from '../../source/toml-tree.ts';
import type { Distribution, PackageIndex, Source } from '../../source/types.ts';
import { addDistribution, declared, manifestOf } from '../mechanisms/distributions.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { treeModules } from '../mechanisms/modules.ts';
import { requirementName } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'distribution-metadata-missing';

/** `No package metadata was found for my-backend`   `The 'x' distribution was not found and is required by the application` */
const NOT_FOUND = /^(?:No package metadata was found for '?(?<name>[A-Za-z0-9][\w.-]{0,100})|The '(?<wanted>[A-Za-z0-9][\w.-]{0,100})[^']{0,100}' distribution was not found)/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The code asks for the version of a distribution that is not installed.',
  refines: ['third-party-crash', 'package-refuses-call', 'request-fails', 'unknown-failure'],
  detect: (evidence, source, index) => raised(evidence, ['PackageNotFoundError', 'DistributionNotFound'], NOT_FOUND).filter(({ exception, fault }) => fault.chain.at(-1) === exception)
    .map((seen) => findingFor(seen, source, index)),
};

function findingFor(seen: Seen, source: Source, index: PackageIndex): Finding {
  const name = seen.match?.groups?.['name'] ?? seen.match?.groups?.['wanted'] ?? '';
  const manifest = manifestOf(source);
  const own = ownFrameOf(seen);
  const place = { file: own?.file ?? manifest, ...(own === undefined ? {} : { line: own.line }) };
  const asks = `${own === undefined ? 'A package' : own.file} asks what is installed under the name ${name}, and nothing is.`;
  const common = { kind, severity: 'CRITICAL', category: 'DEPENDENCY', facts: { distribution: normaliseName(name) }, explains: [seen.at] } as const;
  if (isOwn(name, source)) return {
    ...common, ...place, stage: 'import', what: asks,
    why: `${name} is this project itself. Its files are here, but only an installation writes down its name and version.`,
    todo: `Install the project itself: a [build-system] table in pyproject.toml, and "pip install ." where the server is made ready. Or give ${own?.file ?? 'the code'} a version to fall back to on PackageNotFoundError.`,
    candidates: [],
  };
  const provider = index.distributions.find(({ modules }) => modules.includes(name.replaceAll('-', '_')));
  if (provider !== undefined) return {
    ...common, ...place, stage: 'import', what: asks,
    why: `${name} is the name by which it is imported. The distribution that was installed is called ${provider.name}.`,
    todo: `Ask for ${provider.name}.`, candidates: renamed(name, provider, own, source),
  };
  const listed = declared(source, name) !== undefined;
  return {
    ...common, file: manifest, stage: 'install', what: asks,
    why: listed ? `${manifest} names ${name}, but it did not get installed here: a marker is in the way.` : `${manifest} does not name ${name}, so a fresh installation does not have it.`,
    todo: `Add ${name} to ${manifest}, or take the question for its version out.`,
    candidates: listed || !isPublic(name, index) ? [] : fixOf({
      title: `Add ${name} to ${manifest}`, safety: 'likely', edits: addDistribution(source, index, name), explanation: `The code names the distribution ${name} itself.`,
    }),
  };
}

/** The name that the project gives itself, or that of its package. */
function isOwn(name: string, source: Source): boolean {
  const wanted = normaliseName(name);
  const entries = tomlTree(source.files.get('pyproject.toml')?.text ?? '')?.entries ?? [];
  const named = entries.filter(({ path }) => ['project.name', 'tool.poetry.name'].includes(path.join('.'))).map(({ value }) => tomlValue(value));
  const setup = ['setup.cfg', 'setup.py'].map((path) => /\bname\s*=\s*["']?(?<name>[\w.-]+)/.exec(source.files.get(path)?.text ?? '')?.groups?.['name']);
  return [...named, ...setup, source.rootName].some((each) => typeof each === 'string' && each !== '' && normaliseName(each) === wanted) || [...treeModules(source)].some((each) => normaliseName(each) === wanted);
}

/** A well-known package, or one that an installed package may require: any other name could be the company's own, and somebody else's in public. */
function isPublic(name: string, index: PackageIndex): boolean {
  return [name, name.replaceAll('-', '_')].some((each) => normaliseName(index.known[each] ?? '') === normaliseName(name))
    || index.distributions.some(({ requires }) => requires.some((line) => requirementName(line) === normaliseName(name)));
}

/** `version("jwt")` → `version("pyjwt")`, where the failing line says it. */
function renamed(name: string, { name: right }: Distribution, own: { readonly file: string; readonly line: number } | undefined, source: Source): readonly Fix[] {
  const file = source.files.get(own?.file ?? '');
  const node = file === undefined ? undefined : nodesOf(file, 'string').find((each) => each.startPosition.row + 1 === own?.line && stringValue(each) === name);
  return file === undefined || node === undefined ? [] : fixOf({
    title: `Ask for ${right} instead of ${name}`, safety: 'safe', edits: replaceSpan(file, spanOf(node), JSON.stringify(right)),
    explanation: `${right} is the distribution that brings the module ${name}.`,
  });
}
