/** Small pieces that several sections share. */
import { posix } from 'node:path';
import { diffWordsWithSpace } from 'diff';
import { STAGES, stageRank } from '../../../parsers/boot-output.ts';
import type { Stage } from '../../../parsers/boot-output.ts';
import type { DiffLine, FileDiff } from '../../report/fix-diffs.ts';
import type { BootView } from '../../report/run-view.ts';
import type { AuditReport } from '../../report/schema.ts';
import { html, multiline } from './markup.ts';
import type { Html } from './markup.ts';

/** The ladder as steps; what is passed is filled. Its text is the stage, so it is hidden from readers that speak. */
export function ladder(stage: Stage): Html {
  const reached = stageRank(stage);
  const state = (rank: number) => (stage === 'healthy' || rank < reached ? 'passed' : rank === reached ? 'reached' : 'ahead');
  return html`<span class="ladder" aria-hidden="true">${STAGES.slice(0, -1).map((_, rank) => html`<i class="${state(rank)}"></i>`)}</span>`;
}

export function bootLink(number: number): Html {
  return html`<a href="#boot-${number}">boot ${number}</a>`;
}

/** The dump of a start that hung, where the boot has one. */
export function stacksLink(number: number | undefined, boots: readonly BootView[]): Html | null {
  const boot = boots.find((one) => one.number === number && one.stacks !== '');
  return boot === undefined ? null : html`<p><a href="#boot-${boot.number}-stacks">What every thread and task was doing in boot ${boot.number}</a></p>`;
}

/** `src/core/database.py:7` */
export function place(file: string | undefined, line: number | undefined): Html | null {
  if (file === undefined || file === '') return null;
  return html`<code class="place">${file}${line === undefined ? null : `:${line}`}</code>`;
}

/** The evidence a finding stands on, as it was printed. */
export function evidence(text: string): Html | null {
  return text.trim() === '' ? null : html`<pre class="evidence" tabindex="0">${multiline(text)}</pre>`;
}

export function diffOf(diffs: readonly FileDiff[], { backend }: AuditReport): Html[] {
  return diffs.map(({ path, created, hunks }) => html`<figure class="diff">
<figcaption><code>${posix.join(backend.root, path)}</code>${created ? html` <span class="tag">new file</span>` : null}</figcaption>
<div class="scroll" tabindex="0" role="group" aria-label="Change of ${path}"><table>${hunks.map((hunk, index) => html`<tbody${index > 0 ? html` class="gap"` : null}>${rows(hunk)}</tbody>`)}</table></div>
</figure>`);
}

const SPOKEN = { '-': 'removed', '+': 'added', ' ': 'unchanged' } as const;

function rows(hunk: readonly DiffLine[]): Html[] {
  const marked = withChangedWords(hunk);
  return hunk.map(({ sign, before, after }, index) => html`<tr class="${SPOKEN[sign]}"><td class="ln">${before}</td><td class="ln">${after}</td><td class="sign"><span class="spoken">${SPOKEN[sign]}</span><span aria-hidden="true">${sign}</span></td><td><code>${marked[index]}</code></td></tr>`);
}

/** Where as many lines were removed as were added, the words that differ are marked. */
function withChangedWords(hunk: readonly DiffLine[]): Html[] {
  const out = hunk.map(({ text }) => html`${text}`);
  for (let start = 0; start < hunk.length; start += 1) {
    if (hunk[start]?.sign !== '-') continue;
    const removed = countOf(hunk, start, '-');
    const added = countOf(hunk, start + removed, '+');
    if (removed === added) {
      for (let at = start; at < start + removed; at += 1) {
        const words = diffWordsWithSpace(hunk[at]?.text ?? '', hunk[at + removed]?.text ?? '');
        // Lines that share next to nothing are easier to read whole.
        if (!words.some((part) => !part.added && !part.removed && part.value.trim().length > 2)) continue;
        out[at] = html`${words.filter((part) => !part.added).map((part) => (part.removed ? html`<b>${part.value}</b>` : part.value))}`;
        out[at + removed] = html`${words.filter((part) => !part.removed).map((part) => (part.added ? html`<b>${part.value}</b>` : part.value))}`;
      }
    }
    start += removed + added - 1;
  }
  return out;
}

function countOf(hunk: readonly DiffLine[], from: number, sign: DiffLine['sign']): number {
  const rest = hunk.slice(from);
  const end = rest.findIndex((line) => line.sign !== sign);
  return end === -1 ? rest.length : end;
}
