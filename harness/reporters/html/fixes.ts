/** Each fix with its diff and its proof: the boot that showed the fault, and the boot that showed it gone. And what is left, with fixes that were not applied. */
import type { Issue } from '../../report/schema.ts';
import type { BootView, RunView } from '../../report/run-view.ts';
import { plural } from '../layout.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';
import { bootLink, diffOf, evidence, ladder, place, stacksLink } from './parts.ts';

export function fixes(view: RunView): Section | null {
  const applied = view.report.issues.filter((issue) => issue.applied);
  if (applied.length === 0) return null;
  return { id: 'fixes', title: 'What was wrong, and what was changed', short: 'Fixes', count: applied.length, body: html`${applied.map((issue, index) => card(issue, view, index + 1))}` };
}

/** What was not applied; an audit applies nothing, and says apart what would stop the start. */
export function notes(view: RunView): readonly (Section | null)[] {
  if (view.report.verdict !== 'not_booted') return [left(view)];
  const blocks = ({ severity }: Issue): boolean => severity === 'CRITICAL' || severity === 'HIGH';
  const blocking = view.report.issues.filter(blocks);
  const others = view.report.issues.filter((issue) => !blocks(issue));
  return [
    blocking.length === 0 ? null : { id: 'foreseen', title: 'What would stop it, in the order to fix it', short: 'Would stop it', count: blocking.length, body: html`${blocking.map((issue) => note(issue, view))}` },
    others.length === 0 ? null : { id: 'left', title: 'What would not', count: others.length, body: html`${others.map((issue) => note(issue, view))}` },
  ];
}

function left(view: RunView): Section | null {
  const open = view.report.issues.filter((issue) => !issue.applied);
  const { recommendations } = view.report;
  if (open.length + recommendations.length === 0) return null;
  return {
    id: 'left', title: 'What is left', count: open.length + recommendations.length,
    body: html`<p class="lead">Nothing here stops the start. What has a fix is shown with it; none of these was applied.</p>
${open.map((issue) => note(issue, view))}
${recommendations.length === 0 ? null : html`<ul class="advice">${recommendations.map(({ priority, description, impact }) => html`<li><span class="severity ${priority}">${priority}</span> <strong>${description}</strong> ${impact}</li>`)}</ul>`}`,
  };
}

function card(issue: Issue, view: RunView, number: number): Html {
  return html`<article class="card ${issue.severity}" id="${issue.id}" aria-labelledby="${issue.id}-title">
<div class="tags"><span class="number" aria-hidden="true">${number}</span> <span class="severity ${issue.severity}">${issue.severity}</span> <span>${issue.id}</span> <span>${issue.kind}</span> ${issue.safety === 'safe' ? null : html`<span class="tag warn">needs a person’s nod</span>`}</div>
<h3 id="${issue.id}-title">${issue.problem_description}</h3>
<p>${place(issue.file_path, issue.line_number)}</p>
<p>${issue.root_cause}</p>
${diffOf(view.diffs.get(issue.id) ?? [], view.report)}
<p class="why">${issue.exact_fix.explanation}</p>
${proof(issue, view.boots)}
${alternatives(issue)}
</article>`;
}

function proof({ verified, evidence: printed }: Issue, boots: readonly BootView[]): Html | null {
  if (!verified) return null;
  const before = boots.find(({ number }) => number === verified.before);
  const after = boots.find(({ number }) => number === verified.after);
  const now = after?.stage === 'healthy' ? html`<p class="good">The server is healthy.</p>` : html`<p>This fault is gone. The next one: ${after?.summary || 'see the log'}</p>`;
  return html`<div class="proof">
<div class="before"><h4>Before: ${bootLink(verified.before)}</h4>${before ? html`<p>${ladder(before.stage)} stopped at ${before.stage}</p>` : null}${evidence(printed) ?? html`<p>${before?.summary}</p>`}${stacksLink(verified.before, boots)}</div>
<div class="after"><h4>After: ${bootLink(verified.after)}</h4>${after ? html`<p>${ladder(after.stage)} ${after.stage === 'healthy' ? 'passed every stage' : `came to ${after.stage}`}</p>` : null}${now}</div>
</div>`;
}

function note(issue: Issue, view: RunView): Html {
  return html`<article class="card ${issue.severity}" id="${issue.id}" aria-labelledby="${issue.id}-title">
<div class="tags"><span class="severity ${issue.severity}">${issue.severity}</span> <span>${issue.id}</span> <span>${issue.kind}</span></div>
<h3 id="${issue.id}-title">${issue.problem_description}</h3>
<p>${place(issue.file_path, issue.line_number)}</p>
<p>${issue.root_cause}</p>
${issue.safety === 'manual' ? html`<p class="why">${issue.exact_fix.explanation}</p>` : html`<details><summary>Its fix, not applied</summary>${diffOf(view.diffs.get(issue.id) ?? [], view.report)}<p class="why">${issue.exact_fix.explanation}</p></details>`}
</article>`;
}

function alternatives({ alternatives: others }: Issue): Html | null {
  if (others.length === 0) return null;
  return html`<details><summary>${plural(others.length, 'other way')} to fix it</summary><ul>${others.map(({ file_path, explanation, safety }) => html`<li><code>${file_path}</code> <span class="tag">${safety}</span> ${explanation}</li>`)}</ul></details>`;
}
