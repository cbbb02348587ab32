/** Variables for uv, from the machine's own settings: package index, certificates, proxies. pip's index counts too, because uv does not read it. */
import { execa } from 'execa';

import type { HostPython } from './python.ts';

const PASSED = /^(?:UV_|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)$|SSL_CERT_|(?:HTTPS?|ALL|NO)_PROXY$)/i;
const OURS = /^UV_(?:CACHE_DIR|PYTHON|PROJECT_ENVIRONMENT|SYSTEM_PYTHON|COMPILE_BYTECODE)/;

export async function installerEnvironment(python: HostPython, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && PASSED.test(name) && !OURS.test(name)) env[name] = value;
  }
  if (env['UV_DEFAULT_INDEX'] === undefined && env['UV_INDEX_URL'] === undefined) {
    const index = env['PIP_INDEX_URL'] ?? await pipSetting(python, 'index-url', signal);
    if (index !== undefined) env['UV_DEFAULT_INDEX'] = index;
  }
  return env;
}

async function pipSetting(python: HostPython, name: string, signal: AbortSignal): Promise<string | undefined> {
  const asked = await execa(python.program, ['-m', 'pip', 'config', 'get', `global.${name}`], {
    reject: false, timeout: 20_000, cancelSignal: signal, stdin: 'ignore',
  });
  return asked.exitCode === 0 && asked.stdout.trim() !== '' ? asked.stdout.trim() : undefined;
}
