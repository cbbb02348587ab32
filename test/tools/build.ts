/**
 * `npm run build`: what is published, in dist/. Node strips no types below node_modules, so the sources are compiled; what they read beside
 * them (the agent, image recipes, scenarios, contracts) is copied to the same places.
 */
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { notices } from './notices.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = join(ROOT, 'dist');
const ROOMS = ['harness', 'docker', 'local', 'agent', 'scenarios', 'contracts', 'examples'];
/** Recorded boots are for our own tests; compiled sources come from the compiler. */
const LEFT_OUT = new Set(['boot.json', '__pycache__', '.boot-check', '.ruff_cache', 'node_modules']);

export async function build(): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  await execa('tsc', ['-p', 'tsconfig.build.json'], { cwd: ROOT, preferLocal: true, stdio: 'inherit' });
  for (const room of ROOMS) await cp(join(ROOT, room), join(DIST, room), { recursive: true, filter: wanted });
  const { name, version, type } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;
  await writeFile(join(DIST, 'package.json'), `${JSON.stringify({ name, version, type }, null, 2)}\n`);
  await writeFile(join(ROOT, 'THIRD-PARTY-NOTICES.md'), await notices(ROOT));
  await chmod(join(DIST, 'harness/main.js'), 0o755);
}

/** An asset must not take the place of a compiled source: `page.js` beside `page.ts` would. */
function wanted(path: string, copy: string): boolean {
  if (!isAsset(path)) return false;
  if (statSync(path).isFile() && existsSync(copy)) throw new Error(`${path} and a compiled source have one name.`);
  return true;
}

function isAsset(path: string): boolean {
  const name = basename(path);
  const inScenario = relative(ROOT, path).startsWith(`scenarios${sep}`);
  return !LEFT_OUT.has(name) && !name.endsWith('.pyc') && (!name.endsWith('.ts') || (inScenario && path.includes(`${sep}overlay${sep}`)));
}

if (import.meta.main) await build();
