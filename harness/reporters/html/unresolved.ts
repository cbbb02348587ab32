/** What still stops the start: the fault, why, what a person must do, and what was tried. */
import type { Unresolved } from '../../report/schema.ts';
import type { BootView, RunView } from '../../report/run-view.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';
import { bootLink, evidence, place, stacksLink } from './parts.ts';

export function unresolved({ report, boots }: RunView): Section | null {
  if (report.unresolved.length === 0) return null;
  return { id: 'unresolved', title: 'What still stops it', count: report.unresolved.length, body: html`${report.unresolved.map((entry, index) => blocker(entry, index, boots))}` };
}

function blocker(entry: Unresolved, index: number, boots: readonly BootView[]): Html {
  const id = `unresolved-${index + 1}`;
  return html`<article class="card blocker" id="${id}" aria-labelledby="${id}-title">
<div class="tags"><span class="severity CRITICAL">stops at ${entry.stage}</span> <span>${entry.category}</span> <span>${entry.kind}</span></div>
<h3 id="${id}-title">${entry.problem_description}</h3>
<p>${place(entry.file_path, entry.line_number)}</p>
${evidence(entry.evidence)}
${stacksLink(entry.seen_in, boots)}
<dl class="reason"><div><dt>Why</dt><dd>${entry.root_cause}</dd></div><div class="todo"><dt>To do</dt><dd>${entry.what_to_do}</dd></div></dl>
${entry.tried.length === 0 ? null : html`<h4>Tried and taken back</h4><ul class="tried">${entry.tried.map(({ title, boot, why }) => html`<li><strong>${title}</strong> ${boot === null ? 'not booted' : bootLink(boot)}: ${why}</li>`)}</ul>`}
</article>`;
}
