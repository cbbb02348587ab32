import { describe, expect, test } from 'vitest';
import { fixDiffs } from '../../harness/report/fix-diffs.ts';
import { maskingFor } from '../../harness/report/masking.ts';
import { buildReport } from '../../harness/report/report.ts';
import { html } from '../../harness/reporters/html/markup.ts';
import { renderMarkdown } from '../../harness/reporters/markdown.ts';
import { renderHtml } from '../../harness/reporters/html/page.ts';
import { PASSWORD } from './report-sample.ts';
import { hangView, healedView, hostileView, stuckView } from './reporters-views.ts';

describe('html values', () => {
  test('text stays text, markup made by a template stays markup', () => {
    const inner = html`<b>${'<i>&"\''}</b>`;
    expect(html`<p title="${'a"b'}">${[inner, 7, null, false, undefined]}</p>`.markup)
      .toBe('<p title="a&quot;b"><b>&lt;i&gt;&amp;&quot;&#39;</b>7</p>');
  });

  test('terminal sequences and control characters are gone, reordering characters are named', () => {
    expect(html`${'\u001B[31mred\u001B[0m\u0007 \u202Eexe.gnp\tx'}`.markup).toBe('red <span class="codepoint">U+202E</span>exe.gnp    x');
  });
});

describe('report.html', () => {
  test('a healed run: every fix with its place, its diff and both boots of its proof', async () => {
    const { view, page } = await rendered(healedView());
    for (const issue of view.report.issues.filter(({ applied }) => applied)) {
      const card = cut(page, `<article class="card ${issue.severity}" id="${issue.id}"`, '</article>');
      expect(card).toContain(`${issue.file_path}:${issue.line_number}`);
      expect(card).toContain(`href="#boot-${issue.verified?.before}"`);
      expect(card).toContain(`href="#boot-${issue.verified?.after}"`);
      expect(card).toMatch(/<tr class="added">/);
    }
    for (const boot of view.boots) expect(page).toContain(`id="boot-${boot.number}"`);
    expect(page).toContain('proven by 4 boots');
    expect(page).toContain('IMPORT-001 hides DATABASE-002');
  });

  test('what still hangs leads to what every thread and task was doing', async () => {
    const { page } = await rendered(hangView());
    const boot = /<a href="#(?<id>boot-\d+-stacks)">/.exec(cut(page, '<article class="card blocker"', '</article>'))?.groups?.['id'] ?? 'none';
    const dump = cut(page, `id="${boot}"`, '</pre>');
    expect(dump).toContain('thread MainThread:');
    expect(dump).toContain('line 14, in lifespan');
    expect((await rendered(stuckView())).page).not.toContain('-stacks"');
  });

  test('routes and variables are tables, on the page and in Markdown', async () => {
    const view = await healedView();
    const routes = [{ path: '/notes|x', status: 500, ok: false, boot: 6 }, { path: '/me', status: 401, ok: true, boot: 6 }];
    const shown = { ...view, report: { ...view.report, routes } };
    const table = cut(renderHtml(shown), '<section id="routes"', '</section>');
    expect(table).toMatch(/GET \/notes\|x<\/code><\/th><td>500 <span class="tag warn">fails/);
    expect(table).toContain('1 route failed');
    const text = renderMarkdown(shown);
    expect(text).toContain('| `GET /notes\\|x` | 500 | ❌ |');
    expect(text).toContain('| `GET /me` | 401 | ✅ |');
    for (const { name } of view.report.environment) expect(text).toContain(`| \`${name}\` |`);
  });

  test('an audit says apart what would stop the start and what would not', async () => {
    const view = await healedView();
    const issues = view.report.issues.map((issue) => ({ ...issue, applied: false, verified: null }));
    const page = renderHtml({ ...view, boots: [], report: { ...view.report, verdict: 'not_booted', boots: 0, issues, backend: { ...view.report.backend, runtime: 'none' } } });
    const part = (id: string): string => (page.includes(`<section id="${id}"`) ? cut(page, `<section id="${id}"`, '</section>') : '');
    for (const { id, severity } of issues) expect(part(severity === 'CRITICAL' || severity === 'HIGH' ? 'foreseen' : 'left')).toContain(`id="${id}"`);
    expect(page).not.toContain('from real boots');
  });

  test('each boot says what was tried in it and what came of it', async () => {
    const { page } = await rendered(healedView());
    const row = cut(page, '<th scope="row"><a href="#boot-2">', '</tr>');
    expect(row).toContain('try: Import AsyncEngine from sqlalchemy.ext.asyncio');
    expect(row).toContain('<span class="decision good">kept</span>');
    expect(cut(page, '<th scope="row"><a href="#boot-6">', '</tr>')).toContain('<span class="decision good">needed</span>');
  });

  test('an unresolved run names what stops it, what was tried and what to do', async () => {
    const { page } = await rendered(stuckView());
    const blocker = cut(page, 'id="unresolved-1"', '</article>');
    for (const words of ['Add asyncpg to requirements.txt.', 'Install psycopg', 'the same module is still missing']) expect(blocker).toContain(words);
    expect(page).toContain('<body class="not_healthy">');
  });

  test('the fault is marked in the log', async () => {
    const { page } = await rendered(stuckView());
    expect(cut(page, 'id="boot-1"', '</details>')).toMatch(/<mark class="fault first">.*ImportError: cannot import name/s);
  });

  test('nothing is fetched: no address outside of the page, and a policy that forbids it', async () => {
    const { page } = await rendered(healedView());
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/(?:src|href)="(?!#)/);
    expect(page).not.toMatch(/url\((?!#)|@import/);
  });

  test('what the app prints, names and raises never becomes markup', async () => {
    const { page } = await rendered(hostileView());
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page.match(/<\/script>/g)).toHaveLength(1);
  });

  test('no secret is shown, in no section', async () => {
    for (const { page } of [await rendered(healedView()), await rendered(stuckView())]) {
      expect(page).not.toContain(PASSWORD);
      expect(page).not.toContain('made-up-value-for-a-demo-never-used-anywhere');
    }
  });

  test('a log of 20,000 lines is cut to its ends and what surrounds the fault, and the page says so', async () => {
    const view = await stuckView();
    const [first, ...rest] = view.boots;
    const lines = Array.from({ length: 20_000 }, (_, at) => ({ at: at / 1000, stream: 'stderr' as const, text: `line ${at}` }));
    const page = renderHtml({ ...view, boots: [{ ...first!, lines, faults: [{ from: 9_000, to: 9_004, summary: 'x' }] }, ...rest] });
    const log = cut(page, 'id="boot-1"', '</details>');
    for (const number of [0, 8_990, 9_002, 19_999]) expect(log).toContain(`line ${number}\n`);
    expect(log).not.toContain('line 5000\n');
    expect(log).toContain('8945 lines left out here');
    expect(log.length).toBeLessThan(40_000);
  });
});

describe('diffs of fixes', () => {
  test('are laid over the tree one after the other, with the line numbers of that moment', async () => {
    const { diffs } = await healedView();
    const url = diffs.get('DATABASE-002');
    expect(url?.map(({ path }) => path)).toEqual(['.env', '.env.example']);
    const changed = url?.[0]?.hunks.flat().filter(({ sign }) => sign !== ' ');
    expect(changed?.map(({ sign, text, before, after }) => [sign, text, before, after])).toEqual([
      ['-', 'DATABASE_URL=postgresql://auth_user:***@localhost:5432/auth_db', 1, null],
      ['+', 'DATABASE_URL=postgresql+asyncpg://auth_user:***@localhost:5432/auth_db', null, 1],
    ]);
  });

  test('a fix that no longer fits is shown as it was written; a new file is called one', () => {
    const fix = (file_path: string, old_code: string, new_code: string) => ({ file_path, old_code, new_code, explanation: '' });
    const diffs = fixDiffs([
      { id: 'A-001', applied: false, exact_fix: fix('a.py', 'gone', 'new'), further_edits: [] },
      { id: 'A-002', applied: true, exact_fix: fix('b/__init__.py', '', 'x = 1\n'), further_edits: [] },
    ], new Map([['a.py', { text: 'other\n' }]]), maskingFor([]));
    expect(diffs.get('A-001')).toEqual([{ path: 'a.py', created: false, hunks: [[{ sign: '-', text: 'gone', before: null, after: null }, { sign: '+', text: 'new', before: null, after: null }]] }]);
    expect(diffs.get('A-002')).toMatchObject([{ path: 'b/__init__.py', created: true }]);
  });

  test('a report without boots still makes a page', async () => {
    const view = await healedView();
    const report = buildReport(...await healedView.parts({ boots: [], kept: [], notes: [], hides: {}, texts: new Map() }));
    expect(renderHtml({ ...view, report, boots: [] })).toContain('<body class="not_booted">');
  });
});

async function rendered(view: ReturnType<typeof healedView>) {
  const made = await view;
  return { view: made, page: renderHtml(made) };
}

function cut(page: string, from: string, to: string): string {
  const start = page.indexOf(from);
  expect(start, `${from} is on the page`).toBeGreaterThan(-1);
  return page.slice(start, page.indexOf(to, start));
}
