/** Where the time of each boot went. */
import type { AuditReport } from '../../report/schema.ts';
import type { RunView } from '../../report/run-view.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';

type BootTime = AuditReport['timings']['boots'][number];

const PARTS = ['install', 'import', 'lifespan', 'health', 'rest'] as const;

type StartProfile = NonNullable<AuditReport['profile']>;

/** On which packages and lines the start was spent. */
function spent({ imports = [], lines = [], connect_seconds: connect = 0, migrations_seconds: migrations = 0, sampled_boot: boot }: StartProfile): Html[] {
  const rows = [
    ...imports.map(({ package: name, seconds }) => ['import', name, seconds] as const), ...lines.map((line) => ['line', `${line.file_path}:${line.line_number}`, line.seconds] as const),
    ...(connect > 0 ? [['connect', 'drivers', connect] as const] : []), ...(migrations > 0 ? [['migrations', 'Alembic', migrations] as const] : []),
  ];
  if (boot === undefined || rows.length === 0) return [];
  return [html`<h3>What the start of boot ${boot} was spent on</h3>
<div class="scroll" tabindex="0" role="group" aria-label="Seconds by package and line"><table>
<thead><tr><th scope="col">Part</th><th scope="col">Where</th><th scope="col" class="figure">seconds</th></tr></thead>
<tbody>${rows.map(([part, where, seconds]) => html`<tr><td>${part}</td><td><code>${where}</code></td><td class="figure">${seconds.toFixed(2)}</td></tr>`)}</tbody>
</table></div>`];
}

/** Stages of a boot whose app was never loaded. */
const BEFORE_LOADED: readonly string[] = ['syntax', 'import', 'config', 'connect'];

export function profile({ report }: RunView): Section | null {
  const { boots } = report.timings;
  if (boots.length === 0) return null;
  const longest = Math.max(...boots.map(({ seconds }) => seconds), 0.001);
  return {
    id: 'profile', title: 'Where the time went', short: 'Time',
    body: html`<div class="scroll" tabindex="0" role="group" aria-label="Seconds of each boot"><table class="times">
<thead><tr><th scope="col">Boot</th><td class="bar-head"></td>${PARTS.map((part) => html`<th scope="col" class="figure"><i class="${part}" aria-hidden="true"></i>${part}</th>`)}<th scope="col" class="figure">all</th></tr></thead>
<tbody>${boots.map((boot) => row(boot, longest))}</tbody>
</table></div>
<p class="lead">Seconds. Import: from the start of the process to the loaded app, or to where it stopped. Rest: waiting for the port, asking the routes, and the window in which the server must stay alive.</p>${report.profile === undefined ? [] : spent(report.profile)}`,
  };
}

function row(boot: BootTime, longest: number): Html {
  const parts = partsOf(boot);
  return html`<tr><th scope="row"><a href="#boot-${boot.number}">${boot.number}</a></th>
<td class="bar" aria-hidden="true"><svg viewBox="0 0 100 10" preserveAspectRatio="none" focusable="false">${bars(parts, longest)}</svg></td>
${PARTS.map((part) => html`<td class="figure">${parts[part] === null ? '–' : parts[part].toFixed(2)}</td>`)}<td class="figure"><strong>${boot.seconds.toFixed(2)}</strong></td></tr>`;
}

type Parts = Readonly<Record<(typeof PARTS)[number], number | null>>;

function partsOf(boot: BootTime): Parts {
  const known = { install: boot.install_seconds, import: boot.import_seconds, lifespan: boot.lifespan_seconds, health: boot.health_seconds };
  const sum = Object.values(known).reduce<number>((total, part) => total + (part ?? 0), 0);
  const rest = Math.max(0, boot.seconds - sum);
  // A step in which the boot stopped has no end of its own: what was left of the time went there.
  const stopped = boot.stage === 'install' ? 'install' : boot.stage === 'lifespan' && known.import !== null ? 'lifespan' : BEFORE_LOADED.includes(boot.stage) ? 'import' : null;
  return stopped === null || known[stopped] !== null ? { ...known, rest } : { ...known, [stopped]: rest, rest: 0 };
}

function bars(parts: Parts, longest: number): Html[] {
  let x = 0;
  return PARTS.flatMap((part) => {
    const width = Math.min(100 - x, ((parts[part] ?? 0) / longest) * 100);
    const bar = html`<rect class="${part}" x="${x.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="10"/>`;
    x += width;
    return width > 0 ? [bar] : [];
  });
}
