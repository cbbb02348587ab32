/** Finds the Pythons of this machine and picks the best for a run. */
import { execa } from 'execa';
import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

import { HarnessError } from '../agent/errors.ts';

export interface HostPython {
  /** Real path of the program. */
  readonly program: string;
  /** `3.13.0` */
  readonly version: string;
  /** Folder with its standard library: must be visible wherever the program runs. */
  readonly prefix: string;
}

/** The one the product promises; older ones are taken with a clear line. */
export const WANTED = '3.14';
const OLDEST_MINOR = 11;
const SHOW = 'import sys; v = sys.version_info; print(".".join(map(str, v[:3])), v[3] == "final", sys.base_prefix, sep="\\n")';

/** All usable Pythons (3.11 or newer), newest first. Pre-releases come last. */
export async function findPythons(signal: AbortSignal): Promise<readonly HostPython[]> {
  const programs = new Set<string>();
  for (const candidate of await candidates()) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real !== undefined) programs.add(real);
  }
  const asked = await Promise.all([...programs].map((program) => askPython(program, signal)));
  return asked.filter((python) => python !== undefined).sort((a, b) => Number(b.final) - Number(a.final) || compare(b.version, a.version));
}

/** The wanted minor version when it is here, else the newest; `note` says so. */
export async function bestPython(wanted: string, signal: AbortSignal): Promise<{ python: HostPython; note?: string }> {
  const pythons = await findPythons(signal);
  const exact = pythons.find((python) => python.version === wanted || python.version.startsWith(`${wanted}.`));
  if (exact !== undefined) return { python: exact };
  const [newest] = pythons;
  if (newest === undefined) {
    throw new HarnessError({
      code: 'no-python', what: 'There is no Python 3.11 or newer on this machine.',
      why: 'The embedded runtime runs the backend with the Python of the machine.',
      hint: `Install Python ${wanted}, or start a container engine and use \`--runtime docker\`.`, exitCode: 3,
    });
  }
  return { python: newest, note: `Python ${wanted} is not on this machine; Python ${newest.version} (${newest.program}) is used instead.` };
}

/** Programs that may be a Python: on PATH, and where pyenv, uv and others put them. Shims are scripts and are skipped. */
async function candidates(): Promise<readonly string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '' && !folder.endsWith('/shims'));
  const home = homedir();
  const versions = [
    join(process.env['PYENV_ROOT'] ?? join(home, '.pyenv'), 'versions'), join(home, '.local/share/uv/python'), '/opt', '/opt/homebrew/opt',
    '/Library/Frameworks/Python.framework/Versions',
  ];
  for (const folder of versions) {
    const entries = await readdir(folder).catch(() => []);
    folders.push(...entries.filter((entry) => /(?:^|[^\d])3\.\d+|^python/.test(entry)).map((entry) => join(folder, entry, 'bin')));
  }
  folders.push('/usr/local/bin', '/usr/bin', '/opt/homebrew/bin');
  const found: string[] = [];
  for (const folder of new Set(folders)) {
    const entries = await readdir(folder).catch(() => []);
    found.push(...entries.filter((entry) => /^python3(?:\.\d+)?$/.test(entry)).map((entry) => join(folder, entry)));
  }
  return found;
}

async function askPython(program: string, signal: AbortSignal): Promise<(HostPython & { final: boolean }) | undefined> {
  const asked = await execa(program, ['-ISc', SHOW], { reject: false, timeout: 10_000, cancelSignal: signal, stdin: 'ignore' });
  signal.throwIfAborted();
  const [version, final, prefix] = asked.exitCode === 0 ? asked.stdout.split('\n') : [];
  if (version === undefined || prefix === undefined) return undefined;
  const [major, minor] = version.split('.').map(Number);
  return major === 3 && (minor ?? 0) >= OLDEST_MINOR ? { program, version, prefix, final: final === 'True' } : undefined;
}

function compare(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (const [index, part] of left.entries()) if (part !== right[index]) return part - (right[index] ?? 0);
  return 0;
}
