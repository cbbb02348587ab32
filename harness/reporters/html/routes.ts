/** What each declared GET without parameters answered. */
import type { AuditReport } from '../../report/schema.ts';
import type { RunView } from '../../report/run-view.ts';
import { plural } from '../layout.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';
import { bootLink } from './parts.ts';

type Route = NonNullable<AuditReport['routes']>[number];

export function routes({ report }: RunView): Section | null {
  const all = report.routes ?? [];
  if (all.length === 0) return null;
  const bad = all.filter(({ ok }) => !ok).length;
  return {
    id: 'routes', title: 'What the routes answered', short: 'Routes', count: all.length,
    body: html`<p class="lead">Every declared GET without parameters. ${bad === 0 ? 'None answers 500 or above.' : `${plural(bad, 'route')} failed.`}</p>
<div class="scroll" tabindex="0" role="group" aria-label="Answers of the routes"><table class="variables">
<thead><tr><th scope="col">Route</th><th scope="col">Answer</th><th scope="col">Boot</th></tr></thead>
<tbody>${all.map(row)}</tbody></table></div>`,
  };
}

function row({ path, status, ok, error, boot }: Route): Html {
  return html`<tr><th scope="row"><code>GET ${path}</code></th><td>${status ?? error ?? 'no answer'}${ok ? null : html` <span class="tag warn">fails</span>`}</td><td>${bootLink(boot)}</td></tr>`;
}
