/**
 * What people see while the run works: a line for each boot and each decision stays; the current boot is one moving line.
 * Where the cursor may not move (a pipe, CI) each stage is a line of its own.
 */
import type { Writable } from 'node:stream';
import yoctoSpinner from 'yocto-spinner';
import type { Spinner } from 'yocto-spinner';
import type { Stage } from '../../parsers/boot-output.ts';
import type { RunUi } from '../options.ts';
import { glyphsOf } from './look.ts';
import type { Look } from './look.ts';
import { wordingFor } from './screen-wording.ts';

export interface LiveUi extends RunUi {
  /** Takes the moving line away and stops its clock. */
  close(): void;
}

const TICK_MS = 200;

export function silentScreen(): LiveUi {
  const nothing = () => {};
  return { step: nothing, note: nothing, backend: nothing, bootStarted: nothing, progress: nothing, bootEnded: nothing, journal: nothing, close: nothing };
}

export function liveScreen(stream: Writable & { readonly isTTY?: boolean }, look: Look, { verbose }: { readonly verbose: boolean }): LiveUi {
  const words = wordingFor(look);
  const line = look.live ? movingLine(stream, look) : plainLine(stream);
  let current: { number: number; started: number; stage: Stage; what: string } | null = null;
  const show = () => {
    if (current) line.show(words.boot(current.number, current.stage, seconds(current.started), current.what));
  };
  const clock = look.live ? setInterval(show, TICK_MS).unref() : undefined;
  return {
    step: (text) => { current = null; line.show(words.step(text)); },
    note: (text) => line.keep(words.note(text)),
    backend: (facts) => line.keep(...words.backend(facts)),
    bootStarted: ({ number, why }) => {
      current = { number, started: performance.now(), stage: 'image', what: why };
      if (look.live) show();
    },
    progress: (news) => {
      if (news.type === 'line') {
        if (verbose) line.keep(words.log(news.line.text));
      } else if (current) {
        const moved = news.stage !== current.stage;
        current = { ...current, stage: news.stage, what: news.what };
        // Where each news would be a line of its own, one for each stage is enough.
        if (look.live || moved) show();
      }
    },
    bootEnded: (record) => { current = null; line.keep(...words.ended(record)); },
    journal: (event) => line.keep(...words.journal(event)),
    close: () => { clearInterval(clock); line.close(); },
  };
}

interface OutputLine {
  /** Replaces the moving line; a line of its own where nothing can move. */
  show(text: string): void;
  /** Lines that stay. */
  keep(...lines: readonly string[]): void;
  close(): void;
}

function movingLine(stream: Writable, look: Look): OutputLine {
  const { frames } = glyphsOf(look);
  // Its own signal handling would end the process before anything is cleaned up.
  const spinner: Spinner = yoctoSpinner({ stream: stream as NodeJS.WriteStream, handleSignals: false, spinner: { frames: [...frames], interval: 120 } });
  return {
    show: (text) => {
      spinner.text = text;
      if (!spinner.isSpinning) spinner.start();
    },
    keep: (...lines) => {
      if (lines.length === 0) return;
      const text = spinner.text;
      const spinning = spinner.isSpinning;
      spinner.stop();
      stream.write(`${lines.join('\n')}\n`);
      if (spinning) spinner.start(text);
    },
    close: () => { spinner.stop(); },
  };
}

function plainLine(stream: Writable): OutputLine {
  let last = '';
  return {
    show: (text) => {
      // Two columns where the moving line has its spinner.
      if (text !== last) stream.write(`  ${text}\n`);
      last = text;
    },
    keep: (...lines) => { if (lines.length > 0) stream.write(`${lines.join('\n')}\n`); },
    close: () => {},
  };
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}
