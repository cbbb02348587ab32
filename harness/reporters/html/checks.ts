/** The five checks that make a start a healthy one, each with what was seen. */
import type { Checks } from '../../report/schema.ts';
import type { RunView } from '../../report/run-view.ts';
import { html } from './markup.ts';
import type { Section } from './page.ts';

const NAMES: Readonly<Record<keyof Checks, string>> = {
  no_import_error: 'Every module imports', database_engine: 'The database is reached, if there is one', app_loaded: 'The server loads the app',
  startup_complete: 'Start-up completes', health: 'The health path answers',
};

export function checks({ report }: RunView): Section | null {
  if (report.boots === 0) return null;
  const all = (Object.keys(NAMES) as (keyof Checks)[]).map((name) => ({ name: NAMES[name], ...report.checks[name] }));
  const said = new Set<string>();
  const once = (evidence: string): string => {
    const again = said.has(evidence);
    said.add(evidence);
    return again && / stopped at /.test(evidence) ? 'Not reached, for the same reason.' : evidence;
  };
  return {
    id: 'checks', title: report.stage_after === 'healthy' ? 'Proof' : 'What the last boot showed',
    body: html`<ul class="checks">${all.map(({ name, ok, evidence }) => html`<li class="${ok ? 'ok' : 'failed'}"><span class="mark" aria-hidden="true">${ok ? '✓' : '✕'}</span><div><strong>${name}</strong><span class="spoken">: ${ok ? 'passed' : 'failed'}</span></div><div class="said">${ok ? evidence : once(evidence)}</div></li>`)}</ul>`,
  };
}
