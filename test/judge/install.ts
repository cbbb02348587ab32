/** Installs a healed tree as its manifest says, with the tool its authors would use, in a container of its own. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import type { Pod } from './engine.ts';

export interface InstallOrder {
  readonly pod: Pod;
  readonly image: string;
  /** On this machine: the whole tree, an empty folder for the environment, a cache that may be kept. */
  readonly top: string;
  /** Of the backend, relative to the tree. */
  readonly root: string;
  readonly environment: string;
  readonly cache: string;
  /** As the report names it; empty when there is none. */
  readonly manifest: string;
}

/** @returns what was printed last; the exit code says whether it is installed */
export async function install({ pod, image, top, root, environment, cache, manifest }: InstallOrder): Promise<{ readonly code: number; readonly text: string }> {
  const script = ['set -e', 'export PATH=/opt/boot-check/bin:/env/bin:$PATH', `cd ${quoted(join('/app', root))}`, 'uv venv --quiet --allow-existing --python python3 /env',
    // `set -e` lets the first half of `a && b` fail.
    `{ ${await steps(top, root, manifest)}; } || exit 1`, '[ -x /env/bin/uvicorn ] || uv pip install --quiet uvicorn'].join('\n');
  const settings = await machineSettings();
  return pod.run({
    name: 'install', image, words: ['-c', script], detach: false,
    options: [
      '--rm', '--network', 'bridge', '--entrypoint', 'bash', '--workdir', '/app', '--volume', `${top}:/app`, '--volume', `${environment}:/env`, '--volume', `${cache}:/cache`,
      ...settings.volumes.flatMap((each) => ['--volume', each]),
      ...Object.entries({
        ...settings.env, VIRTUAL_ENV: '/env', UV_PROJECT_ENVIRONMENT: '/env', UV_CACHE_DIR: '/cache/uv', UV_LINK_MODE: 'copy', UV_PYTHON_DOWNLOADS: 'never', UV_NO_PROGRESS: '1',
        POETRY_CACHE_DIR: '/cache/poetry', HOME: '/tmp', NO_COLOR: '1',
      }).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ],
  });
}

async function steps(top: string, root: string, manifest: string): Promise<string> {
  const has = (path: string): Promise<boolean> => access(join(top, root, path)).then(() => true, () => false);
  const text = await readFile(join(top, root, manifest), 'utf8').catch(() => '');
  if (manifest === '') return ':';
  if (/\.(txt|in)$/.test(manifest)) return `uv pip install --quiet -r ${quoted(manifest)}`;
  if (manifest.endsWith('Pipfile')) return 'uv tool run pipenv requirements > /tmp/requirements.txt && uv pip install --quiet -r /tmp/requirements.txt';
  if (/setup\.(py|cfg)$/.test(manifest)) return 'uv pip install --quiet .';
  // In a workspace the lock of all members stands above.
  const above = root.split('/').map((_, index) => join(...Array.from({ length: index + 1 }, () => '..'), 'uv.lock'));
  const locks = await Promise.all(['uv.lock', ...(root === '.' ? [] : above)].map(has));
  if (locks.includes(true)) {
    // A project that wants another patch release of Python is still installed from its lock.
    return 'uv sync --quiet --no-dev || { uv export --quiet --frozen --no-dev --no-emit-project --no-hashes > /tmp/requirements.txt && uv pip install --quiet -r /tmp/requirements.txt; }';
  }
  if (/^\[tool\.poetry\b/m.test(text)) {
    const lock = await has('poetry.lock') ? 'uv tool run poetry check --lock --quiet || uv tool run poetry lock --quiet' : 'uv tool run poetry lock --quiet';
    // Where Poetry cannot lock anew (an index that only pip and uv are told of), what it declares is installed, by its ranges.
    return `{ { ${lock}; } && uv tool run poetry install --only main --no-root --no-interaction; } || { python3 -c ${quoted(DECLARED)} > /tmp/requirements.txt && uv pip install --quiet -r /tmp/requirements.txt; }`;
  }
  return /^\[build-system\]/m.test(text) ? 'uv pip install --quiet . || uv pip install --quiet -r pyproject.toml' : 'uv pip install --quiet -r pyproject.toml';
}

/** What Poetry reads as requirement lines: the project's own, and those of its table, where `^1.2` is `>=1.2,<2`. */
const DECLARED = `
import re, tomllib
manifest = tomllib.load(open("pyproject.toml", "rb"))
table = manifest["tool"]["poetry"].get("dependencies", {})
print(*manifest.get("project", {}).get("dependencies", []), sep="\\n")
def part(text):
    if text in ("*", ""):
        return []
    if text[0] in "^~" and text[1] != "=":
        numbers = text[1:].strip().split(".")
        first = next((i for i, n in enumerate(numbers) if n != "0"), 0) if text[0] == "^" else min(1, len(numbers) - 1)
        return [">=" + ".".join(numbers), "<" + ".".join(numbers[:first] + [str(int(numbers[first]) + 1)])]
    return [text if re.match("[<>=!~]", text) else "==" + text]
for name, value in table.items():
    value = {"version": value} if isinstance(value, str) else value
    if name.lower() != "python" and "version" in value and not value.get("optional"):
        extras = "[" + ",".join(value["extras"]) + "]" if value.get("extras") else ""
        print(name + extras + ",".join(each for text in value["version"].split(",") for each in part(text.strip())))
`;

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Indexes, certificates and proxies of this machine, as an installer in a container needs them. */
async function machineSettings(): Promise<{ readonly env: Readonly<Record<string, string>>; readonly volumes: readonly string[] }> {
  const env: Record<string, string> = {};
  const { stdout } = await execa('python3', ['-m', 'pip', 'config', 'list'], { reject: false });
  // global.index-url='https://…'
  for (const { groups = {} } of String(stdout).matchAll(/\.(?<key>index-url|extra-index-url)='(?<value>[^']*)'/g)) {
    env[groups['key'] === 'index-url' ? 'UV_DEFAULT_INDEX' : 'UV_INDEX'] = groups['value'] ?? '';
    env[groups['key'] === 'index-url' ? 'PIP_INDEX_URL' : 'PIP_EXTRA_INDEX_URL'] = groups['value'] ?? '';
  }
  for (const [name, value] of Object.entries(process.env)) if (/^(UV_\w*INDEX\w*|https?_proxy|no_proxy|all_proxy)$/i.test(name) && value !== undefined) env[name] = value;
  const bundle = process.env['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt';
  if (!await access(bundle).then(() => true, () => false)) return { env, volumes: [] };
  const inside = '/etc/judge-ca.pem';
  return { env: { ...env, SSL_CERT_FILE: inside, REQUESTS_CA_BUNDLE: inside, PIP_CERT: inside }, volumes: [`${bundle}:${inside}:ro`] };
}
