/** Which variables the code reads, and what they were in the last boot. */
import type { EnvironmentVariable } from '../../report/schema.ts';
import type { RunView } from '../../report/run-view.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';

const SOURCES = { user: 'from you', tree: 'from the tree', generated: 'made up for the sandbox' } as const;
const MAX_PLACES = 3;

export function environment({ report }: RunView): Section | null {
  const { backend } = report;
  const started: readonly (readonly [string, string])[] = [
    ['Command', backend.command], ['Working directory', backend.working_dir], ['PYTHONPATH', backend.python_path.join(':') || '–'],
    ['Installed from', backend.manifest || 'no manifest'], ['Install policy', backend.policy],
  ];
  return {
    id: 'environment', title: 'Environment', ...(report.environment.length > 0 ? { count: report.environment.length } : {}),
    body: html`<dl class="pairs">${started.map(([name, value]) => html`<div><dt>${name}</dt><dd><code>${value}</code></dd></div>`)}</dl>
${report.environment.length === 0 ? html`<p>The code reads no environment variable.</p>` : html`<div class="scroll" tabindex="0" role="group" aria-label="Environment variables"><table class="variables">
<thead><tr><th scope="col">Variable</th><th scope="col">${report.boots === 0 ? 'A value that boots' : 'In the last boot'}</th><th scope="col">Where from</th><th scope="col">Read at</th></tr></thead>
<tbody>${report.environment.map(row)}</tbody></table></div>`}`,
  };
}

function row({ name, required, value, default: fallback, source, read_at }: EnvironmentVariable): Html {
  const more = read_at.length - MAX_PLACES;
  return html`<tr><th scope="row"><code>${name}</code>${required ? html` <span class="tag">required</span>` : null}</th><td>${value !== null ? html`<code>${value}</code>` : fallback !== null ? html`<code>${fallback}</code> by default` : html`<em>not shown</em>`}</td><td>${SOURCES[source]}</td><td>${read_at.slice(0, MAX_PLACES).map((at) => html`<code>${at}</code> `)}${more > 0 ? `and ${more} more` : null}</td></tr>`;
}
