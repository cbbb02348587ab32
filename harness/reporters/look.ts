/** What the terminal (or pipe) that is written to can show. */
import { styleText } from 'node:util';

export interface Look {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns to fill, 60 to 200. */
  readonly width: number;
  /** The cursor may be moved: a terminal, not a pipe, not CI. */
  readonly live: boolean;
}

/** Of a pipe or a log: nobody wraps it, and cut lines would lose what they say. */
const UNKNOWN_WIDTH = 100;

type Env = Readonly<Record<string, string | undefined>>;

/** Respects NO_COLOR, FORCE_COLOR, TERM=dumb, CI, COLUMNS and the locale. */
export function lookOf(stream: { readonly isTTY?: boolean; readonly columns?: number }, env: Env): Look {
  const terminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  return {
    color: wantsColor(terminal, env),
    unicode: speaksUnicode(env),
    width: Math.min(200, Math.max(60, stream.columns || Number(env['COLUMNS']) || UNKNOWN_WIDTH)),
    live: terminal && !isSet(env['CI']),
  };
}

/** FORCE_COLOR is the stronger wish: who sets both wants colours in a place where they are off by default. */
function wantsColor(terminal: boolean, env: Env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return terminal && !isSet(env['NO_COLOR']);
}

/** Terminals speak UTF-8 unless the locale says otherwise or it is the bare Linux console. */
function speaksUnicode(env: Env): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'UTF-8';
  return env['TERM'] !== 'linux' && /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(look: Pick<Look, 'color'>): Paint {
  return (style, text) => (look.color && text !== '' ? styleText(style, text, { validateStream: false }) : text);
}

export interface Glyphs {
  readonly good: string;
  readonly bad: string;
  readonly open: string;
  readonly dot: string;
  readonly arrow: string;
  readonly bar: string;
  readonly done: string;
  readonly todo: string;
  readonly ellipsis: string;
  readonly frames: readonly string[];
}

const UNICODE: Glyphs = {
  good: '✔', bad: '✖', open: '•', dot: '·', arrow: '→', bar: '│', done: '━', todo: '─', ellipsis: '…',
  frames: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};
const ASCII: Glyphs = {
  good: '+', bad: 'x', open: '*', dot: '-', arrow: '->', bar: '|', done: '=', todo: '.', ellipsis: '...', frames: ['-', '\\', '|', '/'],
};

export function glyphsOf(look: Pick<Look, 'unicode'>): Glyphs {
  return look.unicode ? UNICODE : ASCII;
}
