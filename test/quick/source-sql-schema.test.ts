/** Tables that a project keeps as plain SQL: which files make them, in which order, and when they are none of our business. */
import { describe, expect, test } from 'vitest';
import { databasePlan, fillingsOf } from '../../harness/boot-request.ts';
import { sourceOf } from '../../source/read.ts';
import { sqlSchema } from '../../source/sql-schema.ts';

const MAIN = 'import asyncpg\nfrom fastapi import FastAPI\n\napp = FastAPI()\nURL = "postgresql://shop:open@db:5432/store"\n';
const USERS = 'CREATE TABLE users (id int);\n';
const ITEMS = 'CREATE TABLE items (id int);\n';

async function read(files: Record<string, string>) {
  return await sourceOf({ 'main.py': MAIN, ...files }, { app: 'main:app' });
}

async function found(files: Record<string, string>): Promise<readonly (readonly [string, string])[]> {
  return sqlSchema(await read(files)).map(({ path, sql }) => [path, sql]);
}

describe('tables as plain SQL', () => {
  test('migrations that go up, in the order of their numbers', async () => {
    expect(await found({
      'db/10_items.up.sql': ITEMS, 'db/10_items.down.sql': 'DROP TABLE items;', 'db/2_users.up.sql': USERS, 'db/2_users.down.sql': 'DROP TABLE users;', 'db/notes.sql': 'SELECT 1;',
    })).toEqual([['db/2_users.up.sql', USERS], ['db/10_items.up.sql', ITEMS]]);
    expect(await found({ 'sql/V1.10__items.sql': ITEMS, 'sql/V1.9__users.sql': USERS })).toEqual([['sql/V1.9__users.sql', USERS], ['sql/V1.10__items.sql', ITEMS]]);
  });

  test('the half of a file that goes up', async () => {
    const [[path, sql] = []] = await found({ 'db/migrations/20240101000000_users.sql': `-- migrate:up\n${USERS}\n-- migrate:down\nDROP TABLE users;\n` });
    expect(path).toBe('db/migrations/20240101000000_users.sql');
    expect(sql).toContain(USERS);
    expect(sql).not.toContain('DROP');
    expect(await found({ 'm/1_users.sql': `-- +goose Up\n${USERS}-- +goose Down\nDROP TABLE users;\n` })).toEqual([['m/1_users.sql', `-- +goose Up\n${USERS}`]]);
  });

  test('one file that makes the schema; of two, nobody can say', async () => {
    expect(await found({ 'db/schema.sql': USERS, 'db/data.sql': 'INSERT INTO users VALUES (1);' })).toEqual([['db/schema.sql', USERS]]);
    expect(await found({ 'db/schema.sql': USERS, 'old/schema.sql': ITEMS })).toEqual([]);
    expect(await found({ 'db/report.sql': USERS, 'tests/schema.sql': USERS })).toEqual([]);
  });

  test('not where the code makes its tables, runs the file itself, or Alembic does', async () => {
    expect(await found({ 'schema.sql': USERS, 'models.py': 'Base.metadata.create_all(engine)\n' })).toEqual([]);
    expect(await found({ 'schema.sql': USERS, 'setup.py': 'connection.execute(open("schema.sql").read())\n' })).toEqual([]);
    expect(await found({ 'migrations/1_users.up.sql': USERS, 'db.py': 'for path in Path("migrations").glob("*.up.sql"):\n    run(path)\n' })).toEqual([]);
    expect(await found({ 'schema.sql': USERS, 'alembic.ini': '[alembic]\n' })).toEqual([]);
  });

  test('is run on the database of the app, and said', async () => {
    const source = await read({ 'db/schema.sql': USERS });
    expect(databasePlan(source, undefined).initScripts).toEqual([{ path: 'db/schema.sql', sql: USERS, user: 'shop', password: 'open', database: 'store' }]);
    const compose = 'services:\n  db:\n    image: postgres\n    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: open, POSTGRES_DB: store}\n';
    expect(databasePlan(await read({ 'db/schema.sql': USERS, 'docker-compose.yml': compose }), undefined)).toMatchObject({ initScripts: [{ path: 'db/schema.sql', database: 'store' }] });
    expect(fillingsOf(source)).toEqual(['db/schema.sql is run on the sandbox\'s database store first: nothing else in the project makes its tables.']);
  });
});
