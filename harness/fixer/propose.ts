/** The outside fixer as the loop sees it: a fault in, a fix or nothing out. */
import type { Masking } from '../report/masking.ts';
import type { RunOptions, RunUi } from '../options.ts';
import type { LoopDeps } from '../types.ts';
import { askFixer } from './ask.ts';
import { fixerRequest } from './request.ts';

export function outsideFixer(program: NonNullable<RunOptions['fixer']>, ui: Pick<RunUi, 'step' | 'note'>, masking: Masking): NonNullable<LoopDeps['propose']> {
  return async ({ finding, record, rejected, source }, signal) => {
    ui.step(`asking the outside fixer about ${finding.kind}`);
    const reply = await askFixer(fixerRequest(finding, record, rejected, source, masking), source, program, signal);
    if (reply === 'none') {
      ui.note('The outside fixer knows no fix.');
      return null;
    }
    if ('fix' in reply) return reply.fix;
    ui.note(`The outside fixer was of no use. ${reply.problem}`);
    return null;
  };
}
