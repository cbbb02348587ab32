/** What a project runs before its server, as its own files say. */
import { describe, expect, test } from 'vitest';
import { beforeStart } from '../../source/before-start.ts';
import { sourceOf } from '../../source/read.ts';
import { simpleCommands } from '../../source/shell.ts';

const app = { 'app/main.py': 'from fastapi import FastAPI\napp = FastAPI()\n', 'app/seed.py': 'print(1)\n', 'alembic.ini': '[alembic]\nscript_location = alembic\n' };
const revision = { 'alembic/versions/0001_first.py': 'revision = "0001"\ndown_revision = None\n' };

async function read(files: Readonly<Record<string, string>>) {
  const { always, byHand } = beforeStart(await sourceOf({ ...app, ...files }, { app: 'app.main:app' }));
  const shown = ({ words, cwd, from, required }: (typeof always)[number]) => `${words.join(' ')} in ${cwd} (${from})${required ? '' : ' may fail'}`;
  return { always: always.map(shown), byHand: byHand.map(shown) };
}

describe('part of the start itself', () => {
  test.each([
    ['a shell command of the image', { Dockerfile: 'FROM python\nCMD alembic upgrade head && uvicorn app.main:app\n' }, ['alembic upgrade head in . (Dockerfile:2)']],
    ['a list with a shell', { Dockerfile: 'FROM python\nCMD ["sh", "-c", "alembic upgrade head && exec uvicorn app.main:app"]\n' }, ['alembic upgrade head in . (Dockerfile:2)']],
    ['without && the failure is nobody\'s', { Dockerfile: 'FROM python\nCMD alembic upgrade head; uvicorn app.main:app\n' }, ['alembic upgrade head in . (Dockerfile:2) may fail']],
    ['a script that ends with its first failure', {
      Dockerfile: 'FROM python\nCOPY . /code\nCMD ["/code/scripts/start.sh"]\n',
      'scripts/start.sh': '#!/bin/bash\nset -euo pipefail\n# wait\nwhile ! nc -z db 5432; do\n  sleep 1\ndone\necho "migrating"\npoetry run alembic upgrade head\npython -m app.seed\nexec uvicorn app.main:app\npython after.py\n',
    }, ['alembic upgrade head in . (scripts/start.sh:8)', 'python -m app.seed in . (scripts/start.sh:9)']],
    ['an entry point before the command', {
      Dockerfile: 'FROM python\nENTRYPOINT ["./entrypoint.sh"]\nCMD ["uvicorn", "app.main:app"]\n', 'entrypoint.sh': '#!/bin/sh\nset -e\nalembic upgrade head\nexec "$@"\n',
    }, ['alembic upgrade head in . (entrypoint.sh:3)']],
    ['a branch', { Dockerfile: 'FROM python\nCMD ["bash", "run.sh"]\n', 'run.sh': 'set -e\nif [ "$MIGRATE" = 1 ]; then\n  alembic upgrade head\nfi\nuvicorn app.main:app\n' }, ['alembic upgrade head in . (run.sh:3) may fail']],
    ['a compose command in a folder', {
      'docker-compose.yml': 'services:\n  web:\n    build: .\n    command: bash -c "cd app && alembic upgrade head && fastapi run main.py --port $PORT"\n', 'app/alembic.ini': '[alembic]\n',
    }, ['alembic upgrade head in app (docker-compose.yml (web))']],
    ['a compose service that others wait for', {
      'compose.yml': 'services:\n  api:\n    build: .\n    depends_on:\n      prepare:\n        condition: service_completed_successfully\n  prepare:\n    build: .\n    command: bash scripts/prestart.sh\n',
      'scripts/prestart.sh': 'set -e\npython app/seed.py\nalembic upgrade head\n',
    }, ['python app/seed.py in . (scripts/prestart.sh:2)', 'alembic upgrade head in . (scripts/prestart.sh:3)']],
    ['the release of a Procfile', { Procfile: 'web: uvicorn app.main:app\nrelease: alembic upgrade head\n' }, ['alembic upgrade head in . (Procfile:2)']],
    ['fly.toml', { 'fly.toml': '[deploy]\n  release_command = "alembic upgrade head"\n' }, ['alembic upgrade head in . (fly.toml:2)']],
    ['no migration, no reason to run anything', { Dockerfile: 'FROM python\nCMD pip install x && uvicorn app.main:app\n' }, []],
    ['a script that serves is the server', { Dockerfile: 'FROM python\nCMD alembic upgrade head && python serve.py && python app/seed.py\n', 'serve.py': 'import uvicorn\nuvicorn.run("app.main:app")\n' }, ['alembic upgrade head in . (Dockerfile:2)']],
    ['the settings of Alembic elsewhere', { 'alembic.ini': '', 'db/alembic.ini': '[alembic]\n', Dockerfile: 'FROM python\nCMD cd db && alembic upgrade head && cd .. && uvicorn app.main:app\n' }, ['alembic upgrade head in db (Dockerfile:2)']],
  ])('%s', async (_, files, wanted) => {
    expect((await read(files as Record<string, string>)).always).toEqual(wanted);
  });
});

describe('by hand', () => {
  test('revisions that nothing runs', async () => {
    expect(await read(revision)).toEqual({ always: [], byHand: ['alembic upgrade head in . (alembic/versions) may fail'] });
  });
  test('a script for it', async () => {
    expect((await read({ ...revision, 'scripts/prestart.sh': '#!/bin/bash\nset -e\nalembic upgrade head\npython app/seed.py\n' })).byHand)
      .toEqual(['alembic upgrade head in . (scripts/prestart.sh:3) may fail', 'python app/seed.py in . (scripts/prestart.sh:4) may fail']);
  });
  test('settings without a revision', async () => {
    expect(await read({})).toEqual({ always: [], byHand: [] });
  });
});

test('a script falls into simple commands', () => {
  const text = 'set -e\nA=1 B="x y" first "one two" $(date) > /dev/null 2>&1 || second && third \\\n  --more # note\nfor i in 1 2; do fourth; done\n';
  expect(simpleCommands(text).map(({ words, env, line, conditional, loop, ends }) => [words.join(' '), env, line, conditional, loop, ends])).toEqual([
    ['set -e', {}, 1, false, false, true],
    ['first one two $(date)', { A: '1', B: 'x y' }, 2, false, false, false],
    ['second', {}, 2, true, false, true],
    ['third --more', {}, 2, false, false, true],
    ['fourth', {}, 4, false, true, true],
  ]);
  expect(simpleCommands('"unclosed')).toHaveLength(1);
  expect(simpleCommands(`${'('.repeat(100_000)}x`)).toHaveLength(1);
});
