/** What the server printed in each boot, the faults marked. Long logs are cut to what is around them: boot-NN.log has the whole. */
import type { BootView, RunView } from '../../report/run-view.ts';
import { logName } from '../boot-logs.ts';
import { duration, plural } from '../layout.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';
import { ladder } from './parts.ts';

const HEAD = 40;
const TAIL = 60;
const AROUND = 15;
/** A single fault may be thousands of frames long. */
const MAX_FAULT = 200;
const MAX_LINE = 2000;

export function logs({ boots }: RunView): Section | null {
  if (boots.length === 0) return null;
  return {
    id: 'logs', title: 'Logs',
    body: html`<div class="tools" hidden><label>Find in logs <input type="search" id="find" autocomplete="off" spellcheck="false"></label><button type="button" id="open-all">Open all</button><button type="button" id="close-all">Close all</button><output id="found" for="find"></output></div>
${boots.map(log)}`,
  };
}

function log(boot: BootView): Html {
  return html`<details class="log ${boot.stage === 'healthy' ? 'healthy' : 'red'}" id="boot-${boot.number}">
<summary><span class="name">Boot ${boot.number}</span> ${ladder(boot.stage)} <span>${boot.stage}</span> <span class="dim">${duration(boot.seconds)} · ${plural(boot.lines.length, 'line')}</span> <span class="summary">${boot.summary}</span></summary>
<p class="command"><code>${boot.command}</code> on Python ${boot.python}; ${ending(boot)}. File: <code>${logName(boot.number)}</code></p>
<pre tabindex="0" role="group" aria-label="Log of boot ${boot.number}">${blocks(boot)}</pre>
${boot.probes.length === 0 ? null : html`<ul class="probes">${boot.probes.map(({ method, path, from, status, error, at }) => html`<li class="${status !== undefined && status < 400 ? 'ok' : 'failed'}"><code>${method} ${path}</code> ${status ?? error ?? 'no answer'} <span class="dim">${from} the sandbox, ${at.toFixed(2)} s</span></li>`)}</ul>`}
${boot.stacks === '' ? null : html`<h3 id="boot-${boot.number}-stacks">What every thread and task was doing</h3>
<pre class="stacks" tabindex="0" role="group" aria-label="Stacks of boot ${boot.number}">${boot.stacks}</pre>`}
</details>`;
}

/** Runs of shown lines with a remark where lines were left out; a fault is one marked block. */
function blocks(boot: BootView): Html[] {
  const shown = shownLines(boot);
  const out: Html[] = [];
  for (let index = 0; index < boot.lines.length; index += 1) {
    if (!shown.has(index)) {
      const next = nextShown(shown, index, boot.lines.length);
      out.push(html`<span class="cut">${plural(next - index, 'line')} left out here\n</span>`);
      index = next - 1;
      continue;
    }
    const fault = boot.faults.findIndex(({ from }) => from === index);
    const to = boot.faults[fault]?.to;
    if (to === undefined) {
      out.push(line(boot, index));
      continue;
    }
    const inside = Array.from({ length: to - index }, (_, at) => at + index).filter((at) => shown.has(at)).map((at) => line(boot, at));
    const left = to - index - inside.length;
    out.push(html`<mark class="${fault === 0 && boot.stage !== 'healthy' ? 'fault first' : 'fault'}"><span class="spoken">fault: </span>${inside}${left > 0 ? html`<span class="cut">${plural(left, 'line')} of this fault left out\n</span>` : null}</mark>`);
    index = to - 1;
  }
  return out.length > 0 ? out : [html`<span class="cut">Nothing was printed.</span>`];
}

function line({ lines }: BootView, index: number): Html {
  const { at, stream, text } = lines[index] ?? { at: 0, stream: 'stdout', text: '' };
  const cut = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)} … ${text.length - MAX_LINE} characters more` : text;
  return html`<span class="line ${stream}"><span class="at" aria-hidden="true">${at.toFixed(2)}</span>${cut}\n</span>`;
}

function shownLines({ lines, faults }: BootView): ReadonlySet<number> {
  const shown = new Set<number>();
  const add = (from: number, to: number) => { for (let at = Math.max(0, from); at < Math.min(lines.length, to); at += 1) shown.add(at); };
  add(0, HEAD);
  add(lines.length - TAIL, lines.length);
  for (const { from, to } of faults) {
    add(from - AROUND, Math.min(to, from + MAX_FAULT / 2));
    add(Math.max(from, to - MAX_FAULT / 2), to + AROUND);
  }
  return shown;
}

function nextShown(shown: ReadonlySet<number>, from: number, end: number): number {
  let at = from;
  while (at < end && !shown.has(at)) at += 1;
  return at;
}

function ending({ exit }: BootView): string {
  if (exit === null) return 'alive until it was stopped';
  if (exit.oom) return 'killed for lack of memory';
  if (exit.signal !== undefined) return `ended by ${exit.signal}`;
  return exit.code === undefined ? 'ended' : `ended with exit code ${exit.code}`;
}
