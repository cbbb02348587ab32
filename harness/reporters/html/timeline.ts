/** Boot after boot: what it was for, how far it came, and what it decided. */
import type { BootView, RunView } from '../../report/run-view.ts';
import { duration } from '../layout.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';
import { bootLink, ladder } from './parts.ts';

export function timeline({ boots }: RunView): Section | null {
  if (boots.length === 0) return null;
  return {
    id: 'timeline', title: 'Boot by boot', count: boots.length,
    body: html`<div class="scroll" tabindex="0" role="group" aria-label="Boots"><table class="boots">
<thead><tr><th scope="col">Boot</th><th scope="col">What it was for</th><th scope="col">Came to</th><th scope="col" class="figure">Time</th><th scope="col">What it showed</th></tr></thead>
<tbody>${boots.map(row)}</tbody>
</table></div>`,
  };
}

function row(boot: BootView): Html {
  const healthy = boot.stage === 'healthy';
  return html`<tr class="${healthy ? 'healthy' : boot.purpose === 'minimise' ? 'quiet' : 'red'}">
<th scope="row">${bootLink(boot.number)}</th><td>${purpose(boot)}</td><td class="stage">${ladder(boot.stage)} <span>${boot.stage}</span></td><td class="figure">${duration(boot.seconds)}</td>
<td>${decision(boot)}<span class="summary">${healthy ? 'every check passed' : boot.summary || 'nothing was printed'}</span>${boot.why === '' ? null : html` <span class="summary">${boot.why}</span>`}</td></tr>`;
}

function purpose({ purpose: what, fix, command }: BootView): Html {
  switch (what) {
    case 'baseline': return html`the tree as it is`;
    case 'attempt': return fix === null ? html`an attempt` : html`try: ${fix}`;
    case 'minimise': return html`left out: ${fix ?? 'a fix'}`;
    case 'confirm': return html`a fresh place, your own command: <code>${command}</code>`;
    case 'restart': return html`again, on the same database`;
  }
}

const SHOWN = { 'kept': 'good', 'taken back': 'bad', 'needed': 'good', 'not needed': 'plain' } as const;

function decision({ decision: made }: BootView): Html | null {
  return made === null ? null : html`<span class="decision ${SHOWN[made]}">${made}</span> `;
}
