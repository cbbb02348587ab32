/**
 * A bundle as a script of plain docker commands that a person can read, change and paste: the tree as here-documents, a network, Postgres,
 * and the server. It needs a shell and an engine, and neither boot-check nor Node.
 */
import type { Bundle, BundleFix } from './bundle.ts';
import { treeWith } from './tree-at.ts';
import type { TreeAt } from './tree-at.ts';

export interface ScriptOptions {
  /** Fixes of the recorded run that are made in the tree. */
  readonly fixes: readonly BundleFix[];
  /** Ends in a shell in the server's container, before the server is started. */
  readonly shell: boolean;
}

export function renderScript(bundle: Bundle, { fixes, shell }: ScriptOptions): string {
  const { facts } = bundle;
  const database = facts.database ?? databaseOf(facts.environment) ?? { host: 'db', port: 5432, user: 'postgres', password: 'postgres', database: 'postgres' };
  const at = treeWith(bundle, fixes);
  const root = facts.root === '.' ? '/app' : `/app/${facts.root}`;
  const cwd = facts.cwd === '.' ? root : `${root}/${facts.cwd}`;
  const path = facts.python_path.map((entry) => (entry === '.' ? root : `${root}/${entry}`)).join(':') || cwd;
  return `#!/bin/sh
# Reproduces "${word(facts.app)}": ${bundle.outcome.boots[0] ? `stopped at ${bundle.outcome.boots[0].stage}` : 'not booted'} on Python ${word(facts.python)}. Made by boot-check ${word(bundle.made_by)}.
${treeSaid(at, bundle.outcome.kept.length)}
set -eu
PYTHON_IMAGE=\${PYTHON_IMAGE:-python:${word(facts.python).split('.').slice(0, 2).join('.')}-slim}
POSTGRES_IMAGE=\${POSTGRES_IMAGE:-postgres:18}
work=$(mktemp -d)
name=boot-check-repro-$$
trap 'docker rm -f "$name-app" "$name-db" >/dev/null 2>&1; docker network rm "$name" >/dev/null 2>&1; docker rmi "$name-image" >/dev/null 2>&1; rm -rf "$work"' EXIT

# 1. The tree.
${at.tree.map((file, index) => laid(file, index)).join('')}
# 2. A network without a way out, and Postgres in it under the name that the app asks for.
docker network create --internal "$name" >/dev/null
docker run -d --name "$name-db" --network "$name" --network-alias ${quoted(isLocal(database.host) ? 'db' : database.host)} \\
  -e POSTGRES_USER=${quoted(database.user)} -e POSTGRES_PASSWORD=${quoted(database.password)} -e POSTGRES_DB=${quoted(database.database)} "$POSTGRES_IMAGE"${database.port === 5432 || isLocal(database.host) ? '' : ` -p ${database.port}`} >/dev/null
until docker exec "$name-db" pg_isready -h 127.0.0.1 -U ${quoted(database.user)} >/dev/null 2>&1; do sleep 1; done

# 3. The packages, with a network; then the server, without one.
docker run --name "$name-app" -v "$work:/app" -w ${quoted(cwd)} "$PYTHON_IMAGE" \\
  sh -c ${quoted(`python3 -m venv /env && /env/bin/pip install --quiet ${installWords(bundle, root)}`)}
docker commit "$name-app" "$name-image" >/dev/null
docker rm "$name-app" >/dev/null
docker run --rm ${shell ? '-it ' : ''}--name "$name-app" --network ${isLocal(database.host) ? '"container:$name-db"' : '"$name"'} -v "$work:/app" -w ${quoted(cwd)} \\
${Object.entries(facts.environment).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `  -e ${quoted(`${key}=${value}`)} \\\n`).join('')}  -e PYTHONPATH=${quoted(path)} -e PATH=/env/bin:/usr/local/bin:/usr/bin:/bin -e PYTHONUNBUFFERED=1 "$name-image" \\
  ${shell ? 'sh' : facts.command.map(quoted).join(' ')}
`;
}

/** Comment lines: what the tree below is. */
function treeSaid({ made, left }: TreeAt, all: number): string {
  const is = made.length === 0 ? 'The tree is as it was found.' : `The tree has ${made.length} of the ${all} fixes of the run: ${made.map(({ kind }) => word(kind)).join(', ')}.`;
  const not = left.map(({ kind, edits }) => `\n# Not made, because the text it replaces is not in this tree: ${word(kind)} (${edits.map(({ file_path }) => word(file_path)).join(', ')}).`);
  return `# ${is}${not.join('')}`;
}

/** A bundle comes from elsewhere: what it says in a comment stays in it. */
function word(text: string): string {
  return text.replace(/[^\w.:/-]/g, '');
}

function laid({ path, text, base64, link, executable }: Bundle['tree'][number], index: number): string {
  const at = `"$work"/${quoted(path)}`;
  const folder = path.includes('/') ? `mkdir -p "$work"/${quoted(path.slice(0, path.lastIndexOf('/')))}\n` : '';
  const mode = executable ? `chmod 755 ${at}\n` : '';
  if (link !== undefined) return `${folder}ln -s ${quoted(link)} ${at}\n`;
  const plain = text !== undefined && (text === '' || text.endsWith('\n')) && !text.includes('\0') && !text.includes('\r');
  const body = plain ? text : (base64 ?? Buffer.from(text ?? '').toString('base64')).replace(/(.{76})/g, '$1\n').replace(/\n?$/, '\n');
  // A word that no line of the file is.
  let end = `END_${index}`;
  while (`\n${body}`.includes(`\n${end}\n`)) end += '_';
  return `${folder}${plain ? 'cat' : 'base64 -d'} >${at} <<'${end}'\n${body}${end}\n${mode}`;
}

/** What was installed in the recorded run, version by version; else what the tree says. */
function installWords({ facts }: Bundle, root: string): string {
  if (facts.lock.length > 0) return facts.lock.map(quoted).join(' ');
  return /requirements|\.txt$/.test(facts.manifest) ? `-r ${quoted(`${root}/${facts.manifest}`)} uvicorn` : facts.manifest === '' ? [...facts.install, 'uvicorn'].map(quoted).join(' ') : `${quoted(root)} uvicorn`;
}

/** Nothing in it is read by the shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1';
}

function databaseOf(environment: Readonly<Record<string, string>>): Bundle['facts']['database'] {
  for (const value of Object.values(environment)) {
    const url = /^postgres/.test(value) ? URL.parse(value) : null;
    if (url && url.hostname !== '') return { host: url.hostname, port: Number(url.port) || 5432, user: decodeURIComponent(url.username) || 'postgres', password: decodeURIComponent(url.password) || 'postgres', database: url.pathname.slice(1) || 'postgres' };
  }
  return null;
}
