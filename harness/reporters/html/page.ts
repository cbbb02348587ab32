/**
 * report.html: one page that needs nothing else. No network (its policy forbids it), light and dark as the reader's system is, printable,
 * and readable without its script, which only filters logs and opens what a link leads to.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunView } from '../../report/run-view.ts';
import { checks } from './checks.ts';
import { environment } from './environment.ts';
import { fixOrder } from './fix-order.ts';
import { fixes, notes } from './fixes.ts';
import { header } from './header.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import { logs } from './logs.ts';
import { profile } from './profile.ts';
import { timeline } from './timeline.ts';
import { unresolved } from './unresolved.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** For the row of links; the title when absent. */
  readonly short?: string;
  /** Shown beside the title: how many. */
  readonly count?: number;
  readonly body: Html;
}

/** @returns the page, ending with a newline */
export function renderHtml(view: RunView): string {
  const sections = [
    unresolved(view), fixes(view), checks(view), timeline(view), fixOrder(view), notes(view), profile(view), logs(view), environment(view),
  ].filter((section) => section !== null);
  const style = asset('style.css');
  const script = asset('script.js');
  const { app, root } = view.report.backend;
  const title = `${view.report.verdict.replaceAll('_', ' ')}: ${app}${root === '.' ? '' : ` in ${root}`}`;
  // Ours, not text of anybody's: goes in as it is.
  const raw = (markup: string): Html => ({ markup });
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${raw(hashOf(script))}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title} · boot-check</title>
<style>${raw(style)}</style>
</head>
<body class="${view.report.verdict}">
<a class="skip" href="#content">Skip to the report</a>
${header(view)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name, short, count }) => html`<li><a href="#${id}">${short ?? name}${count === undefined ? null : html` <span class="count">${count}</span>`}</a></li>`)}</ul></nav>
<main id="content" tabindex="-1">
${sections.map(({ id, title: name, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${name}</h2>
${body}
</section>
`)}</main>
<footer><p>Made by boot-check from real boots. Secrets are masked; <code>fixes.patch</code> and <code>healed/</code> beside this page hold the real bytes.</p></footer>
<script>${raw(script)}</script>
</body>
</html>
`;
  return page.markup;
}

function asset(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

/** Of exactly what stands between the script tags. */
function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}
