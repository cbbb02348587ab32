/** What a compose file lays into its Postgres: which files, as which SQL, and which databases it makes. */
import { describe, expect, test } from 'vitest';
import { databasePlan } from '../../harness/boot-request.ts';
import { backendIn } from '../../source/find-root.ts';
import { databasesMade, initScripts } from '../../source/init-scripts.ts';
import { loadPython, sourceFile } from '../../source/python.ts';
import { sourceOf } from '../../source/read.ts';

const compose = (...volumes: readonly string[]): string => `services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: open
      POSTGRES_DB: store
    volumes:
${volumes.map((each) => `      - ${each}\n`).join('')}`;

const MAIN = 'import asyncpg\nfrom fastapi import FastAPI\n\napp = FastAPI()\nURL = "postgresql://shop:open@db:5432/store"\n';

describe('scripts of the compose file', () => {
  test('are read in the order of their names in the container, from files and folders', async () => {
    const source = await sourceOf({
      'docker-compose.yml': compose('./z.sql:/docker-entrypoint-initdb.d/00-first.sql:ro', './db:/docker-entrypoint-initdb.d/'),
      'z.sql': 'SELECT 1;\n', 'db/b.sql': 'SELECT 3;\n', 'db/a.sql': 'SELECT 2;\n', 'db/deeper/c.sql': 'SELECT 4;\n', 'db/README.md': 'no', 'main.py': MAIN,
    }, { app: 'main:app' });
    expect(initScripts(source).scripts.map(({ path }) => path)).toEqual(['db/a.sql', 'db/b.sql', 'z.sql']);
    expect(initScripts(source).scripts[0]).toEqual({ path: 'db/a.sql', sql: 'SELECT 2;\n', user: 'shop', password: 'open', database: 'store' });
  });

  test('in shell are the SQL that they hand to psql, with the variables of the service', async () => {
    const script = `#!/bin/bash
set -e

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<-EOSQL
    CREATE DATABASE other;
    GRANT ALL PRIVILEGES ON DATABASE other TO \${POSTGRES_USER};
EOSQL

psql -U "$POSTGRES_USER" -d other <<'EOSQL'
CREATE TABLE prices (amount text DEFAULT '$1');
EOSQL
`;
    const loop = '#!/bin/bash\nfor name in a b; do\n  psql <<-SQL\n    CREATE DATABASE $name;\nSQL\ndone\n';
    const source = await sourceOf({
      'docker-compose.yml': compose('./init.sh:/docker-entrypoint-initdb.d/init.sh', './more.sh:/docker-entrypoint-initdb.d/more.sh'), 'init.sh': script, 'more.sh': loop, 'main.py': MAIN,
    }, { app: 'main:app' });
    const { scripts, left } = initScripts(source);
    expect(scripts.map(({ sql }) => sql)).toEqual([[
      '\\connect "store"', '    CREATE DATABASE other;', '    GRANT ALL PRIVILEGES ON DATABASE other TO shop;', '', '\\connect "other"', "CREATE TABLE prices (amount text DEFAULT '$1');", '',
    ].join('\n')]);
    expect(left).toEqual(['more.sh']);
  });

  test('are found above the root as well, and give the plan their databases', async () => {
    await loadPython();
    const tree = {
      'docker-compose.yml': compose('./db/init.sql:/docker-entrypoint-initdb.d/init.sql'), 'db/init.sql': '-- CREATE DATABASE no;\ncreate database Extra;\nCREATE DATABASE "Odd Name";\n',
      'backend/requirements.txt': 'fastapi\nasyncpg\n', 'backend/main.py': MAIN,
    };
    const { root, options } = backendIn(new Map(Object.entries(tree).map(([path, text]) => [path, sourceFile(path, text)])));
    expect(root).toBe('backend');
    const source = await sourceOf({ 'requirements.txt': tree['backend/requirements.txt'], 'main.py': MAIN }, { ...options, app: 'main:app' });
    const plan = databasePlan(source, undefined);
    expect(plan.initScripts?.map(({ path }) => path)).toEqual(['../db/init.sql']);
    expect(plan.mode).toBe('adapts');
    expect([...new Set(plan.identities.map(({ database }) => database))]).toEqual(['store', 'extra', 'Odd Name']);
    expect(plan.identities.every(({ user, password }) => user === 'shop' && password === 'open')).toBe(true);
  });

  test('nothing is run for a tree that has none, or that asks for no Postgres', async () => {
    const files = { 'docker-compose.yml': compose('./init.sql:/docker-entrypoint-initdb.d/init.sql'), 'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n' };
    expect(initScripts(await sourceOf(files, { app: 'main:app' })).scripts).toEqual([]);
    expect(databasePlan(await sourceOf({ ...files, 'init.sql': 'SELECT 1;' }, { app: 'main:app' }), undefined)).not.toHaveProperty('initScripts');
    expect(databasesMade('CREATE TABLE database (id int);')).toEqual([]);
  });
});
