/**
 * report.html: one page that needs nothing else. No network (its policy forbids it), light and dark as the reader's system is, printable,
 * and readable without its script, which only filters logs and opens what a link leads to.
 */
import type { RunView } from '../../report/run-view.ts';
import { checks } from './checks.ts';
import { document } from './document.ts';
import { environment } from './environment.ts';
import { fixOrder } from './fix-order.ts';
import { fixes, notes } from './fixes.ts';
import { header } from './header.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import { logs } from './logs.ts';
import { profile } from './profile.ts';
import { routes } from './routes.ts';
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
    unresolved(view), fixes(view), checks(view), timeline(view), fixOrder(view), ...notes(view), routes(view), profile(view), logs(view), environment(view),
  ].filter((section) => section !== null);
  const { backend: { app, root }, verdict } = view.report;
  return document({
    title: `${verdict.replaceAll('_', ' ')}: ${app}${root === '.' ? '' : ` in ${root}`}`, verdict,
    body: html`${header(view)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name, short, count }) => html`<li><a href="#${id}">${short ?? name}${count === undefined ? null : html` <span class="count">${count}</span>`}</a></li>`)}</ul></nav>
<main id="content" tabindex="-1">
${sections.map(({ id, title: name, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${name}</h2>
${body}
</section>
`)}</main>
<footer><p>Made by boot-check${view.report.boots === 0 ? ' without a boot' : ' from real boots'}. Secrets are masked${view.report.boots === 0 ? '.' : html`; <code>fixes.patch</code> and <code>healed/</code> beside this page hold the real bytes.`}</p></footer>`,
  });
}
