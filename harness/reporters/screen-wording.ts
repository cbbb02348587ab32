/** The lines of the live screen: news in, text out. */
import { STAGES, stageRank } from '../../parsers/boot-output.ts';
import type { Stage } from '../../parsers/boot-output.ts';
import { mask } from '../../parsers/mask.ts';
import type { BackendFacts } from '../options.ts';
import { faultExcerpt } from '../report/excerpt.ts';
import type { BootRecord, JournalEvent } from '../types.ts';
import { clean, duration, fit, length, wrap } from './layout.ts';
import { glyphsOf, painter } from './look.ts';
import type { Glyphs, Look, Paint, Style } from './look.ts';

/** A list of no lines says nothing. */
export interface Wording {
  step(text: string): string;
  note(text: string): string;
  backend(facts: BackendFacts): string[];
  /** The current boot: how far, for how long, what it waits for. */
  boot(number: number, stage: Stage, seconds: number, what: string): string;
  /** A boot that is over; of a dead server the lines that say why. */
  ended(record: BootRecord): string[];
  log(text: string): string;
  journal(event: JournalEvent): string[];
}

const MAX_LOG_LINES = 8;
const INDENT = '      ';
/** Widest stage name: `lifespan`. */
const STAGE_WIDTH = 8;
/** The ladder without its last step, which is success. */
const STEPS = STAGES.length - 1;
/** Columns of a row before what it says: mark, number, ladder, stage, seconds, and the gaps between. */
const BEFORE_WHAT = 2 + 2 + 2 + STEPS + 2 + STAGE_WIDTH + 1 + 6 + 2;

export function wordingFor(look: Look): Wording {
  const paint = painter(look);
  const glyphs = glyphsOf(look);
  const cut = (text: string, taken: number) => fit(clean(mask(text)), look.width - taken - 1, glyphs.ellipsis);
  const row = (number: number, stage: Stage, time: string, what: string) => {
    const head = `${String(number).padStart(2)}  ${ladder(stage, glyphs, paint)}  ${stage.padEnd(STAGE_WIDTH)} ${time.padStart(6)}`;
    return `${head}  ${cut(what, BEFORE_WHAT)}`;
  };
  const quote = (text: string) => `${INDENT}${paint('dim', `${glyphs.bar} ${cut(text, INDENT.length + 2)}`)}`;
  return {
    step: (text) => cut(text, 2),
    note: (text) => wrap(mask(text), look.width - 4).map((line, index) => `${index === 0 ? `${paint('yellow', glyphs.open)} ` : '  '}${line}`).join('\n'),
    backend: (facts) => [
      '', `${paint('bold', 'boot-check')}  ${cut(backendLine(facts, glyphs), 'boot-check  '.length)}`,
      ...facts.found.flatMap((line) => wrap(clean(line), look.width - 13)).map((line) => paint('dim', `            ${line}`)), '',
    ],
    boot: (number, stage, seconds, what) => row(number, stage, duration(seconds), what),
    ended: (record) => {
      const what = outcomeOf(record);
      const whole = length(clean(mask(what))) <= look.width - BEFORE_WHAT - 1;
      return [
        `${markOf(record, glyphs, paint)} ${row(record.number, record.evidence.stage, duration(record.output.timings.total), what)}`,
        // The error is what matters most: where the row had to cut it, it is told in full.
        ...deathOf(record).filter((line) => !whole || line !== what)
          .flatMap((line) => (line === what ? wrap(mask(line), look.width - INDENT.length - 3).slice(0, 4) : [line])).map(quote),
      ];
    },
    log: quote,
    journal: (event) => journalLines(event, glyphs).map(({ mark, style, text }) => `${INDENT}${paint(style, mark)} ${cut(text, INDENT.length + mark.length + 1)}`),
  };
}

/** Steps passed, the step reached, steps ahead. */
function ladder(stage: Stage, glyphs: Glyphs, paint: Paint): string {
  const reached = Math.min(stageRank(stage), STEPS);
  if (stage === 'healthy') return paint('green', glyphs.done.repeat(STEPS));
  return paint('green', glyphs.done.repeat(reached)) + paint('yellow', glyphs.done) + paint('dim', glyphs.todo.repeat(STEPS - reached - 1));
}

function backendLine({ app, root, healthPath, runtime }: BackendFacts, { dot }: Glyphs): string {
  const where = runtime.name === 'docker' ? 'in a container' : 'on this machine';
  return [root === '.' ? app : `${app} in ${root}`, `GET ${healthPath}`, `Python ${runtime.python} ${where}`].join(` ${dot} `);
}

const PURPOSES: Readonly<Record<BootRecord['purpose'], string>> = {
  baseline: '', attempt: '', minimise: 'one fix left out: ', confirm: 'fresh place, own command: ', restart: 'again on the same database: ',
};

function outcomeOf({ purpose, evidence, output }: BootRecord): string {
  if (evidence.stage !== 'healthy') return PURPOSES[purpose] + (evidence.faults[0]?.summary ?? 'nothing was printed');
  const health = output.probes.find((probe) => probe.purpose === 'health' && probe.status !== undefined && probe.status < 300);
  return PURPOSES[purpose] + (health ? `GET ${health.path} answered ${health.status}` : 'healthy');
}

/** Minimising boots are meant to fail; their logs would only make noise. */
function deathOf({ purpose, evidence }: BootRecord): string[] {
  const fault = evidence.faults[0];
  if (!fault || evidence.stage === 'healthy' || purpose === 'minimise') return [];
  const lines = faultExcerpt(fault).split('\n').filter((line) => line.trim() !== '');
  // The boot's own row has said a one-line error already.
  return lines.length === 1 ? [] : lines.slice(0, MAX_LOG_LINES);
}

function markOf({ evidence, purpose }: BootRecord, glyphs: Glyphs, paint: Paint): string {
  if (evidence.stage === 'healthy') return paint('green', glyphs.good);
  return purpose === 'minimise' ? ' ' : paint('red', glyphs.bad);
}

type Remark = { readonly mark: string; readonly style: Style; readonly text: string };

function journalLines(event: JournalEvent, glyphs: Glyphs): Remark[] {
  switch (event.type) {
    case 'try': {
      const files = [...new Set(event.edits.map(({ file }) => file))].join(', ');
      return [{ mark: 'try', style: 'cyan', text: files === '' ? event.title : `${event.title} (${files})` }];
    }
    case 'keep': return [{ mark: glyphs.good, style: 'green', text: 'kept' }];
    case 'take-back': return [{ mark: glyphs.bad, style: 'red', text: `taken back: ${event.why}` }];
    case 'minimise': return [event.needed
      ? { mark: glyphs.good, style: 'green', text: `needed: ${event.title}` }
      : { mark: glyphs.open, style: 'yellow', text: `not needed, dropped: ${event.title}` }];
    case 'rule-crashed': return [{ mark: glyphs.open, style: 'yellow', text: `our rule ${event.kind} crashed and was left out: ${event.error}` }];
    case 'note': return [{ mark: glyphs.open, style: 'yellow', text: event.text }];
    case 'run': case 'boot': case 'end': return [];
  }
}
