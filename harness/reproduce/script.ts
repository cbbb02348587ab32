/**
 * A bundle as a script of plain docker commands that a person can read, change and paste: the tree as here-documents, a network, Postgres,
 * and the server. It needs a shell and an engine, and neither boot-check nor Node.
 */
import type { Bundle, BundleFix } from './bundle.ts';
import { redisContainers, serversPart } from './script-database.ts';
import { installCommands } from './script-install.ts';
import { fed, quoted, word } from './shell-words.ts';
import { treeWith } from './tree-at.ts';
import type { TreeAt } from './tree-at.ts';

export interface ScriptOptions {
  /** Fixes of the recorded run that are made in the tree. */
  readonly fixes: readonly BundleFix[];
  /** Ends in a shell in the server's container, before the server is started. */
  readonly shell: boolean;
}

/** Everything is done in a subshell: pasted into a terminal, it ends without ending that one, and cleans up behind itself when it ends. */
export function renderScript(bundle: Bundle, { fixes, shell }: ScriptOptions): string {
  const { facts } = bundle;
  const at = treeWith(bundle, fixes);
  const root = facts.root === '.' ? '/app' : `/app/${facts.root}`;
  const cwd = facts.cwd === '.' ? root : `${root}/${facts.cwd}`;
  const path = facts.python_path.map((entry) => (entry === '.' ? root : `${root}/${entry}`)).join(':') || cwd;
  const others = redisContainers(facts);
  const command = facts.command.map(quoted).join(' ');
  return `#!/bin/sh
# Reproduces "${word(facts.app)}": ${bundle.outcome.boots[0] ? `stopped at ${bundle.outcome.boots[0].stage}` : 'not booted'} on Python ${word(facts.python)}. Made by boot-check ${word(bundle.made_by)}.
${treeSaid(at, bundle.outcome.kept.length)}
# Run it with sh, or paste all of it into bash. Ctrl-C ends the server, and nothing stays behind.
(
set -eu
PYTHON_IMAGE=\${PYTHON_IMAGE:-python:${word(facts.python).split('.').slice(0, 2).join('.')}-slim}
POSTGRES_IMAGE=\${POSTGRES_IMAGE:-postgres:18}
${others.length === 0 ? '' : 'REDIS_IMAGE=${REDIS_IMAGE:-redis:8}\n'}work=$(mktemp -d)
name=boot-check-repro-$(basename "$work" | tr -cd '[:alnum:]' | tr '[:upper:]' '[:lower:]')
trap 'set +e; docker rm -f "$name-app" ${[...others, '"$name-db"'].join(' ')} >/dev/null 2>&1; docker network rm "$name" >/dev/null 2>&1; docker rmi "$name-image" >/dev/null 2>&1; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# 1. The tree.
${at.tree.map((entry, index) => laid(entry, index)).join('')}
# 2. A network without a way out, and Postgres in it under the name that the app asks for.
docker network create --internal "$name" >/dev/null
${serversPart(bundle)}
# 3. The packages, with a network; then the server, in the network of Postgres, so that localhost is right as well.
docker create --name "$name-app" -w ${quoted(cwd)} "$PYTHON_IMAGE" \\
  sh -c ${quoted(`python3 -m venv /env && ${installCommands(bundle, at, root)}`)} >/dev/null
docker cp "$work/." "$name-app:/app" >/dev/null
docker start -a "$name-app"
docker commit "$name-app" "$name-image" >/dev/null
docker rm "$name-app" >/dev/null
${shell ? `printf '%s\\n' 'This is the place of the server. It is started by:' ${quoted(`  ${plainLine(command)}`)}\n` : ''}docker run --rm ${shell ? '-it ' : ''}--name "$name-app" --network "container:$name-db" -w ${quoted(cwd)} \\
${Object.entries(environmentAt(bundle, at)).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `  -e ${quoted(`${key}=${value}`)} \\\n`).join('')}  -e PYTHONPATH=${quoted(path)} -e PATH=/env/bin:/usr/local/bin:/usr/bin:/bin -e PYTHONUNBUFFERED=1 "$name-image" \\
  ${shell ? 'sh' : command}
)
`;
}

function environmentAt({ facts, outcome: { kept } }: Bundle, { made }: TreeAt): Readonly<Record<string, string>> {
  const bringing = kept.filter(({ edits }) => edits.some(({ file_path }) => /^(?:.*\/)?(?:\.env[^/]*|[^/]*\.env)$/.test(file_path)));
  const decisive = bringing.length > 0 ? bringing : kept;
  return decisive.length > 0 && decisive.every((fix) => made.includes(fix)) ? facts.environment_healed ?? facts.environment : facts.environment;
}

/** Comment lines: what the tree below is. */
function treeSaid({ made, left }: TreeAt, all: number): string {
  const is = made.length === 0 ? 'The tree is as it was found.' : `The tree has ${made.length} of the ${all} fixes of the run: ${made.map(({ kind }) => word(kind)).join(', ')}.`;
  const not = left.map(({ kind, edits }) => `\n# Not made, because the text it replaces is not in this tree: ${word(kind)} (${edits.map(({ file_path }) => word(file_path)).join(', ')}).`);
  return `# ${is}${not.join('')}`;
}

function laid({ path, text, base64, link, executable }: Bundle['tree'][number], index: number): string {
  const at = `"$work"/${quoted(path)}`;
  const folder = path.includes('/') ? `mkdir -p "$work"/${quoted(path.slice(0, path.lastIndexOf('/')))}\n` : '';
  if (link !== undefined) return `${folder}ln -s ${quoted(link)} ${at}\n`;
  return `${folder}${fed(text ?? Buffer.from(base64 ?? '', 'base64'), `cat >${at}`, index)}${executable ? `chmod 755 ${at}\n` : ''}`;
}

/** One line, whatever the terminal makes of control characters. */
function plainLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
