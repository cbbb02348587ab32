/** The part of the script that installs the packages. */
import { posix } from 'node:path';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { normaliseName } from '../../source/manifest.ts';
import type { Bundle } from './bundle.ts';
import { quoted } from './shell-words.ts';
import type { TreeAt } from './tree-at.ts';

/** @param root of the backend, in the container @returns commands for a shell there that has made /env */
export function installCommands(bundle: Bundle, at: TreeAt, root: string): string {
  const { project } = bundle.facts;
  const itself = project === undefined ? '' : ` && ${PIP} --no-deps ${quoted(project === '.' ? root : `${root}/${project}`)}`;
  return `${packages(bundle, at, root)}${itself}`;
}

const PIP = '/env/bin/pip install --quiet';

function packages(bundle: Bundle, at: TreeAt, root: string): string {
  const { facts } = bundle;
  if (facts.lock.length > 0 && isHealedEnvironment(bundle, at)) {
    const own = normaliseName(ownName(bundle, at.tree) ?? '');
    return `${PIP} --no-deps ${facts.lock.filter((line) => normaliseName(line.split('==')[0] ?? '') !== own).map(quoted).join(' ')}`;
  }
  if (/requirements|\.(?:txt|in)$/.test(facts.manifest)) return `${PIP} -r ${quoted(`${root}/${facts.manifest}`)} uvicorn`;
  if (facts.manifest === '' || facts.install.length > 0) return `${PIP} ${[...facts.install, 'uvicorn'].map(quoted).join(' ')}`;
  // pip would build the project for its list; uv reads the list.
  return `${PIP} uv && /env/bin/uv pip install --quiet --python /env/bin/python -r ${quoted(`${root}/${facts.manifest === 'uv.lock' ? 'pyproject.toml' : facts.manifest}`)} uvicorn`;
}

/**
 * The recorded versions are those of the healed tree. Where a fix of what is to be installed is not in this one, they would hide the very
 * fault that it is for.
 */
function isHealedEnvironment({ facts, outcome }: Pick<Bundle, 'facts' | 'outcome'>, { made }: Pick<TreeAt, 'made'>): boolean {
  const files = new Set(facts.install_files ?? [facts.manifest]);
  return outcome.kept.every((fix) => made.includes(fix) || !fix.edits.some(({ file_path }) => files.has(file_path)));
}

/** The project that is installed itself: another one of that name in a package index is a stranger. */
function ownName({ facts: { root, project } }: Bundle, tree: TreeAt['tree']): string | undefined {
  if (project === undefined) return undefined;
  const text = (name: string): string => tree.find(({ path }) => path === posix.join(root, project, name))?.text ?? '';
  return statedIn(text('pyproject.toml')) ?? /\bname\s*=\s*["']?(?<name>[\w.-]+)/.exec(`${text('setup.cfg')}\n${text('setup.py')}`)?.groups?.['name'];
}

const manifest = z.object({ project: z.object({ name: z.string() }).optional().catch(undefined), tool: z.object({ poetry: z.object({ name: z.string() }) }).optional().catch(undefined) });

function statedIn(toml: string): string | undefined {
  try {
    const { project, tool } = manifest.parse(parse(toml));
    return project?.name ?? tool?.poetry.name;
  } catch {
    return undefined;
  }
}
