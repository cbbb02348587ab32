/** Which values a run keeps from its output. */
import { expect, test } from 'vitest';
import { secretsOf } from '../../harness/report/known-secrets.ts';
import { sourceOf } from '../../source/read.ts';

test.each([
  ['a URL as it should be', 'postgresql://shop:quite-secret@db/shop', 'quite-secret'],
  ['a URL without its colon', 'postgresql//shop:quite-secret@db/shop', 'quite-secret'],
  ['a password that breaks its URL', 'postgresql://shop:quite@se/cret@db:54x2/shop', 'quite@se/cret'],
])('the password of %s', async (_, url, password) => {
  const source = await sourceOf({ '.env': `DATABASE_URL=${url}\n`, 'main.py': 'import os\nurl = os.environ["DATABASE_URL"]\n' }, { app: 'main:app' });
  expect(secretsOf(source, {})).toContain(password);
});
