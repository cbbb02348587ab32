/** The lines of the live screen: news in, text out. */
import { STAGES, stageRank } from '../../parsers/boot-output.ts';
import type { Stage } from '../../parsers/boot-output.ts';
import { mask } from '../../parsers/mask.ts';
import type { BackendFacts } from '../options.ts';
import { faultExcerpt } from '../report-excerpt.ts';
import type { BootRecord, JournalEvent } from '../types.ts';
import { clean, duration, fit, wrap } from './layout.ts';
import { glyphsOf, painter } from './look.ts';
import type { Glyphs, Look, Paint } from './look.ts';

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
const INDENT = '     ';
/** Widest stage name: `lifespan`. */
const STAGE_WIDTH = 8;
/** The ladder without its last step, which is success. */
const STEPS = STAGES.length - 1;

export function wordingFor(look: Look): Wording {
  const paint = painter(look);
  const glyphs = glyphsOf(look);
  const cut = (text: string, taken: number) => fit(clean(mask(text)), look.width - taken - 1, glyphs.ellipsis);
  const row = (number: number, stage: Stage, time: string, what: string) => {
    const head = `${String(number).padStart(2)}  ${ladder(stage, glyphs, paint)}  ${stage.padEnd(STAGE_WIDTH)} ${time.padStart(6)}`;
    return `${head}  ${cut(what, 3 + 2 + STEPS + 2 + STAGE_WIDTH + 1 + 6 + 3)}`;
  };
  const quote = (text: string) => `${INDENT}${paint('dim', `${glyphs.bar} ${cut(text, INDENT.length + 2)}`)}`;
  return {
    step: (text) => cut(text, 2),
    note: (text) => wrap(mask(text), look.width - 4).map((line, index) => `${index === 0 ? `${paint('yellow', glyphs.open)} ` : '  '}${line}`).join('\n'),
    backend: (facts) => ['', `${paint('bold', 'boot-check')}  ${cut(backendLine(facts, glyphs), 'boot-check  '.length)}`, ''],
    boot: (number, stage, seconds, what) => row(number, stage, duration(seconds), what),
    ended: (record) => [
      row(record.number, record.evidence.stage, duration(record.output.timings.total), outcomeOf(record)),
      ...(deathOf(record).map(quote)),
    ],
    log: quote,
    journal: (event) => journalLines(event, glyphs, paint).map(({ mark, text }) => `${INDENT}${mark} ${cut(text, INDENT.length + 2)}`),
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

function journalLines(event: JournalEvent, glyphs: Glyphs, paint: Paint): { mark: string; text: string }[] {
  switch (event.type) {
    case 'try': {
      const files = [...new Set(event.edits.map(({ file }) => file))].join(', ');
      return [{ mark: paint('cyan', 'try'), text: files === '' ? event.title : `${event.title} (${files})` }];
    }
    case 'keep': return [{ mark: paint('green', glyphs.good), text: `kept: ${event.title}` }];
    case 'take-back': return [{ mark: paint('red', glyphs.bad), text: `taken back: ${event.title}: ${event.why}` }];
    case 'minimise': return [event.needed
      ? { mark: paint('green', glyphs.good), text: `needed: ${event.title}` }
      : { mark: paint('yellow', glyphs.open), text: `not needed, dropped: ${event.title}` }];
    case 'rule-crashed': return [{ mark: paint('yellow', glyphs.open), text: `our rule ${event.kind} crashed and was left out: ${event.error}` }];
    case 'note': return [{ mark: paint('yellow', glyphs.open), text: event.text }];
    case 'run': case 'boot': case 'end': return [];
  }
}

