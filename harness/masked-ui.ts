/** The screen shows what servers print: everything on its way there passes the run's own masks, known values included. */
import { maskDeep } from './report/masking.ts';
import type { Masking } from './report/masking.ts';
import type { RunUi } from './options.ts';

export function maskedUi(ui: RunUi, { text }: Masking): RunUi {
  return {
    step: (words) => ui.step(text(words)),
    note: (words) => ui.note(text(words)),
    backend: (facts) => ui.backend(maskDeep(facts, text)),
    bootStarted: (boot) => ui.bootStarted(maskDeep(boot, text)),
    progress: (progress) => ui.progress(maskDeep(progress, text)),
    bootEnded: (record) => ui.bootEnded(maskDeep(record, text)),
    journal: (event) => ui.journal(maskDeep(event, text)),
  };
}
