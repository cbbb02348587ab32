import type { SlowStart } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { loadedImports } from '../mechanisms/reach.ts';
import { topLevel } from '../mechanisms/names.ts';
import { list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'slow-start';

/** Places that are worth a sentence each. */
const MOST = 3;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'MEDIUM',
  title: 'The server starts, and takes more than five seconds for it.',
  detect: ({ stage, slow }, source): Finding[] => (stage !== 'healthy' || slow === undefined ? [] : findings(slow, source)),
};

/** Something that takes time, and what could be done about it. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly seconds: number;
  readonly what: string;
  readonly move: string;
}

function findings(slow: SlowStart, source: Source): Finding[] {
  const { importSeconds, lifespanSeconds } = slow;
  const loading = importSeconds >= lifespanSeconds;
  const places = placesOf(slow, loading, source);
  return places.slice(0, 1).map(({ file, line }) => ({
    kind, stage: loading ? 'import' : 'lifespan', severity: 'MEDIUM', category: 'ENTRYPOINT', file, line, facts: { file, part: loading ? 'import' : 'lifespan' },
    what: `The start takes ${shown(importSeconds + lifespanSeconds)} s: loading the modules ${shown(importSeconds)} s, the start-up code ${shown(lifespanSeconds)} s.`,
    why: `The server answers nothing before its start is over. The time goes to ${list(places.map(({ file: path, line: at, seconds, what }) => `${path}:${at} (${what}, ${shown(seconds)} s)`))}.`,
    todo: [...new Set(places.map(({ move }) => move))].join(' '),
    candidates: [],
  }));
}

function placesOf({ lines, imports }: SlowStart, loading: boolean, source: Source): readonly Place[] {
  const own = lines.flatMap(({ file, line, seconds }): readonly Place[] => {
    const text = source.files.get(file)?.text.split('\n')[line - 1]?.trim();
    // The time of an import is told by its package.
    if (text === undefined || /^(?:from\s|import\s)/.test(text)) return [];
    return [{ file, line, seconds, what: text.length > 60 ? `${text.slice(0, 59)}…` : text, move: moveOf(`${file}:${line}`, text, loading) }];
  });
  const heavy = imports.flatMap(({ name, seconds }): readonly Place[] => {
    const statement = loadedImports(source).find(({ module }) => topLevel(module) === name);
    return statement === undefined ? [] : [{ file: statement.file, line: statement.line, seconds, what: `import of ${name}`, move: `Import ${name} in the functions that use it, and not at the top of ${statement.file}, if the start does not need it.` }];
  });
  return [...own, ...heavy].toSorted((a, b) => b.seconds - a.seconds).slice(0, MOST);
}

function moveOf(here: string, text: string, loading: boolean): string {
  if (loading) return `Move what ${here} does while modules load into the lifespan, or into the function that first needs it.`;
  return /\bawait\b|\basync\b/.test(text)
    ? `Let the start go on without ${here} where requests can wait for it: asyncio.create_task in the lifespan, kept in a variable.`
    : `Hand ${here} to a thread (await asyncio.to_thread(…)) beside the rest of the start, or do it before the server starts.`;
}

function shown(seconds: number): string {
  return seconds.toFixed(1);
}
