/** report.html in a real browser: headless Chromium, as the package that ships it starts it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromiumBuild from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderHtml } from '../../harness/reporters/html/page.ts';
import { healedView, hostileView, stuckView } from '../quick/reporters-views.ts';

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boot-check-html-'));
  // One process for everything ends with its first window.
  const args = chromiumBuild.args.filter((arg) => arg !== '--single-process');
  browser = await chromium.launch({ executablePath: await chromiumBuild.executablePath(), args, headless: true });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Errors, broken policies and whatever else the page complained about. */
  readonly complaints: string[];
  readonly requests: string[];
}

async function open(html: string, { scheme = 'light', width = 1280, hash = '', script = true }: { scheme?: 'light' | 'dark'; width?: number; hash?: string; script?: boolean } = {}): Promise<Opened> {
  const file = join(folder, 'report.html');
  await writeFile(file, html);
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, javaScriptEnabled: script });
  const page = await context.newPage();
  const [complaints, requests]: [string[], string[]] = [[], []];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`file://${file}${hash}`);
  return { page, complaints, requests, [Symbol.asyncDispose]: () => context.close() };
}

describe.each(['light', 'dark'] as const)('in %s colours', (scheme) => {
  test.each([['a healed run', healedView], ['an unresolved run', stuckView]])('%s breaks no rule of accessibility, logs opened', async (_, view) => {
    await using opened = await open(renderHtml(await view()), { scheme });
    await opened.page.locator('#open-all').click();
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // Injected by the tool, which the page's own policy does not bind.
    await opened.page.evaluate(axe);
    const violations = await opened.page.evaluate(async () => {
      const { axe: tool } = globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } };
      return (await tool.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    });
    expect(violations).toEqual([]);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests.every((url) => url.startsWith('file://'))).toBe(true);
    expect(opened.requests).toHaveLength(1);
  });
});

test('a hostile app runs nothing and adds nothing', async () => {
  await using opened = await open(renderHtml(await hostileView()));
  await opened.page.locator('#open-all').click();
  expect(await opened.page.locator('img, svg[onload], iframe').count()).toBe(0);
  expect(await opened.page.locator('script').count()).toBe(1);
  expect(opened.complaints).toEqual([]);
  expect(await opened.page.locator('#boot-1 .line').first().innerText()).toContain('<img src=x onerror=alert(1)>');
});

test('a link to a boot opens its log, and the fault in it can be seen', async () => {
  await using opened = await open(renderHtml(await healedView()), { hash: '#boot-3' });
  const log = opened.page.locator('#boot-3');
  expect(await log.evaluate((element) => (element as unknown as { open: boolean }).open)).toBe(true);
  expect(await log.locator('.fault.first').innerText()).toContain("No module named 'asyncpg'");
});

test('everything is reached by keyboard: the skip link first, then sections, then fixes', async () => {
  await using opened = await open(renderHtml(await healedView()));
  await opened.page.keyboard.press('Tab');
  const focused = () => opened.page.evaluate('document.activeElement.textContent');
  expect(await focused()).toBe('Skip to the report');
  await opened.page.keyboard.press('Enter');
  expect(await opened.page.evaluate('document.activeElement.id')).toBe('content');
  await opened.page.locator('#boot-1 > summary').focus();
  await opened.page.keyboard.press('Enter');
  await opened.page.keyboard.press('Tab');
  expect(await opened.page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Log of boot 1');
});

test('words are found in logs, and only logs that have them stay open', async () => {
  await using opened = await open(renderHtml(await healedView()));
  await opened.page.locator('#find').fill('asynchronous context manager');
  expect(await opened.page.locator('#found').innerText()).toBe('2 lines');
  expect(await opened.page.locator('details.log[open]').evaluateAll((logs) => logs.map(({ id }) => id))).toEqual(['boot-4', 'boot-8']);
});

test.each([320, 390, 768, 1280])('at %i columns nothing is wider than the page', async (width) => {
  await using opened = await open(renderHtml(await healedView()), { width });
  await opened.page.locator('#open-all').click();
  expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
});

test('without its script the page still says everything', async () => {
  await using opened = await open(renderHtml(await stuckView()), { script: false });
  expect(await opened.page.locator('.tools').isVisible()).toBe(false);
  await opened.page.locator('#boot-1 > summary').click();
  expect(await opened.page.locator('#boot-1 .fault.first').isVisible()).toBe(true);
});

test('on paper fixes that were folded are shown', async () => {
  await using opened = await open(renderHtml(await healedView()));
  const note = opened.page.locator('#left details').first();
  const isOpen = () => note.evaluate((element) => (element as unknown as { open: boolean }).open);
  expect(await isOpen()).toBe(false);
  await opened.page.evaluate('dispatchEvent(new Event("beforeprint"))');
  expect(await isOpen()).toBe(true);
  await opened.page.evaluate('dispatchEvent(new Event("afterprint"))');
  expect(await isOpen()).toBe(false);
  expect((await opened.page.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000);
});
