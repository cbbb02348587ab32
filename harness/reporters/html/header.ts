/** The first screen: the verdict in one sentence, what it stands on, and how far the start came before and after. */
import { STAGES, stageRank } from '../../../parsers/boot-output.ts';
import type { AuditReport } from '../../report/schema.ts';
import type { RunView } from '../../report/run-view.ts';
import { duration, plural } from '../layout.ts';
import { verdictSentence } from '../wording.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';

const MARKS = { healthy: '✓', healed: '✓', not_healthy: '✕', not_booted: '–' } as const;

export function header({ report }: RunView): Html {
  const { backend, minimal } = report;
  const facts: readonly (readonly [name: string, value: string])[] = [
    ['Backend', backend.root === '.' ? backend.app : `${backend.app} in ${backend.root}`],
    ['Health', `GET ${backend.health_path}`],
    ['Python', `${backend.python}${backend.runtime === 'none' ? '' : backend.runtime === 'docker' ? ', in a container' : ', on the host'}`],
    ['Boots', `${report.boots} in ${duration(report.timings.total_seconds)}`],
    ...(minimal.proven && report.verdict === 'healed' ? [['Minimal', `proven by ${plural(minimal.boots, 'boot')}`] as const] : []),
  ];
  return html`<header class="top">
<p class="brand">boot-check</p>
<h1><span class="verdict"><span aria-hidden="true">${MARKS[report.verdict]}</span> ${word(report)}</span> <span class="sentence">${verdictSentence(report)}</span></h1>
${ladderOf(report)}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`;
}

function word({ verdict, interrupted }: AuditReport): string {
  const said = verdict.replaceAll('_', ' ');
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${interrupted ? ', interrupted' : ''}`;
}

function ladderOf({ stage_before, stage_after, boots }: AuditReport): Html | null {
  if (boots === 0) return null;
  const said = stage_before === stage_after
    ? stage_after === 'healthy' ? 'Every stage was passed in the first boot.' : `${boots === 1 ? 'The boot' : 'Every boot so far'} stopped at ${stage_after}.`
    : `The first boot stopped at ${stage_before}; ${stage_after === 'healthy' ? 'the last one passed every stage.' : `with the fixes it stops at ${stage_after}.`}`;
  const state = (rank: number) => (rank < stageRank(stage_after) || stage_after === 'healthy' ? 'passed' : rank === stageRank(stage_after) ? 'stopped' : 'ahead');
  return html`<div class="stages"><p class="spoken">${said}</p><ol aria-hidden="true">${STAGES.map((stage, rank) => html`<li class="${state(rank)}${stage === stage_before && stage_before !== stage_after ? ' first' : ''}"><span>${stage}</span></li>`)}</ol><p class="stages-said" aria-hidden="true">${said}</p></div>`;
}
