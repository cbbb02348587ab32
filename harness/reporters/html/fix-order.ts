/** In which order to fix, and which fault hides which. */
import type { AuditReport, Issue } from '../../report/schema.ts';
import type { RunView } from '../../report/run-view.ts';
import { fit } from '../layout.ts';
import { html } from './markup.ts';
import type { Html } from './markup.ts';
import type { Section } from './page.ts';
import { place } from './parts.ts';

type Edge = AuditReport['dependency_graph'][number];

const BOX = { width: 200, height: 48, right: 56, below: 18 } as const;

export function fixOrder({ report }: RunView): Section | null {
  const { fix_order: order, issues } = report;
  if (order.length < 2) return null;
  const issueOf = (id: string) => issues.find((issue) => issue.id === id);
  return {
    id: 'order', title: 'Fix order',
    body: html`${graph(order.flatMap(({ issue_id }) => issueOf(issue_id) ?? []), report.dependency_graph)}
<ol class="order">${order.map(({ issue_id, reason }) => html`<li><a href="#${issue_id}">${issue_id}</a> ${place(issueOf(issue_id)?.file_path, issueOf(issue_id)?.line_number)}<br><span class="dim">${reason}</span></li>`)}</ol>`,
  };
}

/** Faults in columns: one stands right of all that hide it. The list below says the same in words. */
function graph(issues: readonly Issue[], edges: readonly Edge[]): Html | null {
  const direct = withoutDetours(edges.filter(({ from, to }) => from !== to && !reaches(edges, to, from)));
  if (direct.length === 0) return null;
  const involved = issues.filter(({ id }) => direct.some(({ from, to }) => from === id || to === id));
  const columns = new Map(involved.map(({ id }) => [id, depth(id, direct)]));
  const rows = new Map<number, number>();
  const boxes = involved.map((issue) => {
    const column = columns.get(issue.id) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return { issue, x: 1 + column * (BOX.width + BOX.right), y: 1 + row * (BOX.height + BOX.below) };
  });
  const width = Math.max(...boxes.map(({ x }) => x)) + BOX.width + 1;
  const height = Math.max(...boxes.map(({ y }) => y)) + BOX.height + 1;
  const at = (id: string) => boxes.find(({ issue }) => issue.id === id) ?? { x: 0, y: 0 };
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Which fault hides which"><svg class="graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${direct.map(({ from, to }) => `${from} hides ${to}`).join('; ')}">
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${direct.map(({ from, to }) => arrow(at(from), at(to)))}
${boxes.map(({ issue, x, y }) => html`<g><rect class="${issue.severity}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/><text x="${x + 12}" y="${y + 20}" class="id">${issue.id}</text><text x="${x + 12}" y="${y + 37}">${fit(issue.file_path, 29, '…')}</text></g>`)}
</svg></div><p class="lead">An arrow leads from a fault to one that could not be seen while it stood.</p>`;
}

function arrow(from: { readonly x: number; readonly y: number }, to: { readonly x: number; readonly y: number }): Html {
  const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x - 2, to.y + BOX.height / 2];
  const bend = (x1 + x2) / 2;
  return html`<path class="edge" d="M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}" marker-end="url(#head)"/>`;
}

/** An arrow that only shortens a way along others says nothing new. */
function withoutDetours(edges: readonly Edge[]): readonly Edge[] {
  return edges.filter((edge) => !edges.some(({ from, to }) => from === edge.from && to !== edge.to && reaches(edges, to, edge.to)));
}

function reaches(edges: readonly Edge[], start: string, goal: string, seen: ReadonlySet<string> = new Set()): boolean {
  return edges.some(({ from, to }) => from === start && (to === goal || (!seen.has(to) && reaches(edges, to, goal, new Set([...seen, start])))));
}

function depth(id: string, edges: readonly Edge[]): number {
  return Math.max(0, ...edges.filter(({ to }) => to === id).map(({ from }) => 1 + depth(from, edges)));
}
