/** Which values a run keeps from its output. */
import { describe, expect, test } from 'vitest';
import { maskingFor } from '../../harness/report/masking.ts';
import { secretsOf } from '../../harness/report/known-secrets.ts';
import { buildReport, changesOf } from '../../harness/report/report.ts';
import { runView } from '../../harness/report/run-view.ts';
import { renderHtml } from '../../harness/reporters/html/page.ts';
import { renderMarkdown } from '../../harness/reporters/markdown.ts';
import { renderPatch } from '../../harness/reporters/patch.ts';
import { renderSarif } from '../../harness/reporters/sarif.ts';
import { renderScreen } from '../../harness/reporters/screen.ts';
import type { KeptFix } from '../../harness/types.ts';
import { minimalUniqueSpan } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import { healedRun } from './report-sample.ts';

test.each([
  ['a URL as it should be', 'postgresql://shop:quite-secret@db/shop', 'quite-secret'],
  ['a URL without its colon', 'postgresql//shop:quite-secret@db/shop', 'quite-secret'],
  ['a password that breaks its URL', 'postgresql://shop:quite@se/cret@db:54x2/shop', 'quite@se/cret'],
])('the password of %s', async (_, url, password) => {
  const source = await sourceOf({ '.env': `DATABASE_URL=${url}\n`, 'main.py': 'import os\nurl = os.environ["DATABASE_URL"]\n' }, { app: 'main:app' });
  expect(secretsOf(source, {})).toContain(password);
});

test('the password of a URL that only the code holds', async () => {
  const source = await sourceOf({ 'main.py': 'engine = create_engine("postgresql+psycopg2://shop:quite/secret@db:5432/shop")\n' }, { app: 'main:app' });
  expect(secretsOf(source, {})).toContain('quite/secret');
});

describe('a fix inside a password', () => {
  const [WRONG, RIGHT] = ['p@ss/w#rd:1', 'p%40ss%2Fw%23rd%3A1'];
  const env = (password: string): string => `DATABASE_URL=postgresql+asyncpg://shop:${password}@db:5432/shop\nMAIL=me@example.org\n`;

  async function shown(): Promise<Record<string, string>> {
    const { result, facts } = await healedRun();
    const original = new Map<string, { readonly text: string }>([...facts.original, ['.env', { text: env(WRONG) }]]);
    const edits = minimalUniqueSpan(env(WRONG), env(RIGHT), []).map((span) => ({ file: '.env', at: 0, ...span }));
    const [first] = result.kept;
    const fix = { title: 'Percent-encode the password', safety: 'safe' as const, edits, explanation: 'The password stays the same.' };
    const kept: KeptFix = { ...first!, finding: { ...first!.finding, file: '.env', line: 1, candidates: [fix, { ...fix, title: 'Another way' }] }, fix, edits };
    const run = { ...result, kept: [kept], notes: [], texts: new Map([['.env', env(RIGHT)]]) };
    const all = { ...facts, original, secrets: [WRONG] };
    const report = buildReport(run, all);
    const view = runView(report, run.boots, [], original, maskingFor(all.secrets));
    return {
      json: JSON.stringify(report), html: renderHtml(view), markdown: renderMarkdown(view), sarif: renderSarif(report, original, '0.1.0'),
      screen: renderScreen(report, { color: false, unicode: true, width: 100, live: false }, { out: '/out', cwd: '/', wrote: false }),
      patch: renderPatch(changesOf(run, all)),
    };
  }

  test('is shown nowhere, and is whole in the patch', async () => {
    const { patch, ...reports } = await shown();
    for (const [name, text] of Object.entries(reports)) {
      for (const piece of ['ss/w', 'w#rd', 'rd:1', 'p@ss', '%40', '%2F', '%23']) expect(text.includes(piece), `${name} shows ${piece}`).toBe(false);
    }
    expect(patch).toContain(`-DATABASE_URL=postgresql+asyncpg://shop:${WRONG}@db:5432/shop\n+DATABASE_URL=postgresql+asyncpg://shop:${RIGHT}@db:5432/shop`);
  });

  test('is shown as its line, so that a reader sees where it is', async () => {
    const { json = '', screen = '', markdown = '', html = '' } = await shown();
    const line = 'DATABASE_URL=postgresql+asyncpg://shop:***@db:5432/shop';
    expect(JSON.parse(json)).toMatchObject({ issues: [{ exact_fix: { old_code: line, new_code: line, explanation: expect.stringContaining('fixes.patch has it') as string } }] });
    for (const text of [screen, markdown, html]) expect(text).toContain(line);
  });

  test('a word such as True is no secret: masked, it would blot out every other setting of that value', async () => {
  const source = await sourceOf({ 'app/main.py': 'from fastapi import FastAPI\napp = FastAPI()\n', '.env': 'CSRF_TOKEN_REQUIRED=True\nAPI_TOKEN=off\nSIGNING_SECRET=quite-secret-value\n' });
  expect(secretsOf(source, {})).toEqual(['quite-secret-value']);
});

test('a fix of another part of the same URL is told as it is', async () => {
    const { result, facts } = await healedRun();
    const report = buildReport(result, { ...facts, secrets: [...facts.secrets, 'postgresql://auth_user:not-a-real-password@localhost:5432/auth_db'] });
    expect(report.issues[3]?.exact_fix).toMatchObject({ old_code: 'DATABASE_URL=postgresql://', new_code: 'DATABASE_URL=postgresql+asyncpg://' });
  });
});
