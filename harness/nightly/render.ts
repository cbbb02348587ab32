/** A night as text: one screen, Markdown for a step's summary, JUnit, SARIF and a page. All say the same, worst first. */
import type { Log } from 'sarif';
import { html } from '../reporters/html/markup.ts';
import { document } from '../reporters/html/document.ts';
import { junitDocument } from '../reporters/junit-document.ts';
import { duration, plural, wrap } from '../reporters/layout.ts';
import { painter } from '../reporters/look.ts';
import type { Look, Style } from '../reporters/look.ts';
import { isRegression } from './classify.ts';
import { isOk } from './result.ts';
import type { Change, Night, Row } from './result.ts';

/** In the order they are told. */
const ORDER: readonly Change[] = ['regressed', 'changed', 'new-failing', 'still-failing', 'flaky', 'fixed', 'new', 'ok'];
const WORDS: Readonly<Record<Change, string>> = {
  'regressed': 'regressed', 'changed': 'changed for the worse', 'new-failing': 'new, not as wanted', 'still-failing': 'still not as wanted',
  'flaky': 'flaky', 'fixed': 'fixed', 'new': 'new', 'ok': 'as wanted',
};
const STYLES: Readonly<Record<Change, Style>> = { 'regressed': 'red', 'changed': 'red', 'new-failing': 'yellow', 'still-failing': 'yellow', 'flaky': 'yellow', 'fixed': 'green', 'new': 'green', 'ok': 'dim' };

function worstFirst(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change) || (a.name < b.name ? -1 : 1));
}

function counts(rows: readonly Row[]): readonly (readonly [word: string, count: number])[] {
  const slower = rows.filter((row) => row.slower !== null).length;
  return [...ORDER.map((change) => [WORDS[change], rows.filter((row) => row.change === change).length] as const), ['slower', slower] as const].filter(([, count]) => count > 0);
}

/** What is worth a line of its own. */
function remarkable(rows: readonly Row[]): readonly Row[] {
  return worstFirst(rows).filter((row) => (row.change !== 'ok' && row.change !== 'new') || row.slower !== null);
}

function told(row: Row): string {
  const same = new Set(row.attempts).size === 1;
  const attempts = row.attempts.length < 2 ? '' : same ? ` in all ${row.attempts.length} attempts` : ` (${row.attempts.join(', ').replaceAll('_', ' ')})`;
  const slow = row.slower === null ? '' : `, slower: ${duration(row.seconds)}, usually ${duration(row.slower.usual)}`;
  return `${row.verdict.replaceAll('_', ' ')}${row.stage === 'healthy' ? '' : ` at ${row.stage}`}${attempts}${slow}${row.why === '' ? '' : `. ${row.why}`}`;
}

function headline(night: Night): string {
  const regressions = night.rows.filter(isRegression).length;
  const said = regressions === 0 ? 'no regression' : plural(regressions, 'regression');
  return `${night.complete ? said : `${said} so far, interrupted`}: ${plural(night.rows.length, 'scenario')} in ${duration(night.seconds)}`;
}

export function renderNightScreen(night: Night, look: Look): string {
  const paint = painter(look);
  const bad = night.rows.some(isRegression);
  const lines = [
    '', paint(bad ? 'red' : 'green', paint('bold', headline(night))),
    counts(night.rows).map(([word, count]) => `${count} ${word}`).join(', '), '',
    ...remarkable(night.rows).flatMap((row) => remark(row, look)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Two columns; where there is no room for them, the words stand below the scenario. */
function remark(row: Row, look: Look): string[] {
  const paint = painter(look);
  const indent = look.width < 90 ? 2 : 23;
  const word = paint(STYLES[row.change], indent === 2 ? WORDS[row.change] : WORDS[row.change].padEnd(22));
  return [`${word}${indent === 2 ? ':' : ''} ${row.name} on ${row.python}`, ...wrap(told(row), Math.min(look.width, 120) - indent).map((line) => `${' '.repeat(indent)}${paint('dim', line)}`)];
}

export function renderNightMarkdown(night: Night): string {
  const cell = (text: string) => text.replace(/[\\`*_{}[\]<>|~]/g, (found) => `\\${found}`).replace(/\s+/g, ' ').replaceAll('@', '&#64;');
  const rows = remarkable(night.rows).slice(0, 300).map((row) => `| ${WORDS[row.change]} | ${cell(row.name)} | ${row.python} | ${cell(told(row)).slice(0, 300)} |\n`);
  const table = rows.length === 0 ? '' : `\n| | Scenario | Python | |\n|---|---|---|---|\n${rows.join('')}`;
  return `## ${night.rows.some(isRegression) ? '❌' : '✅'} boot-check nightly: ${headline(night)}\n\n${counts(night.rows).map(([word, count]) => `${count} ${word}`).join(' · ')}\n${table}`;
}

/** Red are regressions; what was not as wanted before either, and what is flaky, is skipped with its reason. */
export function renderNightJunit(night: Night): string {
  return junitDocument([{
    name: `boot-check nightly ${night.shard}`, seconds: night.seconds, properties: { started: night.started, version: night.version, runtime: night.runtime },
    cases: worstFirst(night.rows).map((row) => ({
      className: `boot-check.nightly.python${row.python}`, name: row.name, seconds: row.seconds,
      ...(isRegression(row) ? { failure: { type: row.change, message: told(row) } }
        : isOk(row) && row.change !== 'flaky' ? { out: `${WORDS[row.change]}: ${told(row)}` } : { skipped: `${WORDS[row.change]}: ${told(row)}` }),
    })),
  }]);
}

export function renderNightSarif(night: Night): string {
  const results = worstFirst(night.rows).filter((row) => isRegression(row) || row.change === 'flaky' || row.slower !== null);
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'boot-check nightly', semanticVersion: night.version, rules: ['regression', 'flaky', 'slower'].map((id) => ({ id, shortDescription: { text: `A scenario is ${id === 'regression' ? 'worse than before' : id}.` } })) } },
      results: results.map((row) => ({
        ruleId: isRegression(row) ? 'regression' : row.change === 'flaky' ? 'flaky' : 'slower', level: isRegression(row) ? 'error' as const : 'warning' as const,
        message: { text: `${row.name} on Python ${row.python}: ${told(row)}` },
        locations: [{ physicalLocation: { artifactLocation: { uri: `scenarios/${encodeURI(row.name)}`, uriBaseId: '%SRCROOT%' } } }],
        partialFingerprints: { 'bootCheckScenario/v1': `${row.name} ${row.python}` },
      })),
    }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

export function renderNightHtml(night: Night): string {
  const bad = night.rows.some(isRegression);
  return document({
    title: `nightly: ${headline(night)}`, verdict: bad ? 'not_healthy' : 'healed',
    body: html`<header class="top"><p class="brand">boot-check nightly</p>
<h1><span class="verdict">${bad ? 'Worse than before' : 'No regression'}</span> <span class="sentence">${headline(night)}</span></h1>
<dl class="facts"><div><dt>Began</dt><dd>${night.started.slice(0, 16).replace('T', ' ')} UTC</dd></div><div><dt>Version</dt><dd>${night.version}</dd></div><div><dt>Runtime</dt><dd>${night.runtime}</dd></div><div><dt>Shard</dt><dd>${night.shard}</dd></div>${counts(night.rows).map(([word, count]) => html`<div><dt>${word}</dt><dd>${count}</dd></div>`)}</dl></header>
<main id="content" tabindex="-1"><section aria-label="Scenarios"><div class="scroll" tabindex="0" role="group" aria-label="Scenarios"><table class="variables">
<thead><tr><th scope="col">Scenario</th><th scope="col">Python</th><th scope="col">Against before</th><th scope="col" class="figure">Time</th><th scope="col">Outcome</th></tr></thead>
<tbody>${worstFirst(night.rows).map((row) => html`<tr><th scope="row">${row.name}</th><td>${row.python}</td><td><span class="decision ${isRegression(row) ? 'bad' : isOk(row) && row.change !== 'flaky' ? 'good' : 'plain'}">${WORDS[row.change]}</span></td><td class="figure">${duration(row.seconds)}</td><td><span class="summary">${told(row)}</span></td></tr>`)}</tbody>
</table></div></section></main>`,
  });
}
