/** An engine for a database that the sandbox does not have: the settings may be right, and the finding says what is missing. */
import { expect, test } from 'vitest';
import type { Evidence } from '../../parsers/evidence.ts';
import { rule } from '../../scenarios/health-database-unreachable/rule.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex } from '../../source/types.ts';

const INDEX: PackageIndex = { python: '3.14.2', distributions: [], stdlib: [], names: {}, known: {}, unusedImports: [] };
const MAIN = 'import os\nfrom fastapi import FastAPI\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\napp = FastAPI()\nengine = create_async_engine(os.environ.get("WRITER_DB_URL", "URL"))\n';

function evidence(text: string): Evidence {
  return { stage: 'health', names: [], faults: [{ form: 'database', during: 'request', chain: [], summary: text, text }] } as unknown as Evidence;
}

test('it names the service that is not there, and proposes nothing', async () => {
  const source = await sourceOf({ 'main.py': MAIN.replace('"URL"', '"mysql+aiomysql://shop:open@localhost:3306/shop"') }, { app: 'main:app' });
  const said = "mysql+aiomysql://***:***@localhost:3306/***: OperationalError: (pymysql.err.OperationalError) (2003, \"Can't connect to MySQL server on 'localhost'\")";
  expect(rule.detect(evidence(said), source, INDEX)).toMatchObject([{
    what: 'The engine that the app built needs MySQL at localhost:3306, which the sandbox does not have.', todo: 'Start the backend beside a MySQL of your own, and let the health route run a query such as SELECT 1.', candidates: [],
  }]);
});

test('a Postgres that is not reached is a matter of the settings', async () => {
  const source = await sourceOf({ 'main.py': MAIN.replace('"URL"', '"postgresql+asyncpg://shop:open@localhost:5432/shop"') }, { app: 'main:app' });
  expect(rule.detect(evidence('postgresql+asyncpg://***@localhost:5432/shop: ConnectionRefusedError'), source, INDEX)).toMatchObject([{ facts: { service: 'database' }, todo: 'Correct the database settings, and let the health route run a query such as SELECT 1.' }]);
});
