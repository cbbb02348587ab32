/** When no rule has a fix left, the outside fixer is asked about what blocks; its answers are tried like any other candidate. */
import { fingerprint } from '../../scenarios/types.ts';
import type { Run } from './attempt.ts';
import { blocks, inChoosingOrder } from './choose.ts';
import type { Choice } from './choose.ts';

/** Per fault and tree: it is told why its last answer was put back, so more than one may make sense. */
const MAX_ASKS = 3;

/** @param asks how often it was asked already, by fault and tree; counted up here */
export async function askOutside(run: Run, asks: Map<string, number>): Promise<Choice | undefined> {
  const { deps, options } = run.session;
  const { record, state } = run;
  // Its fixes need a person's nod, which this run was told not to presume.
  if (!deps.propose || options.safeOnly || !record) return undefined;
  const blocking = record.findings.filter((finding) => blocks(finding));
  for (const finding of inChoosingOrder(blocking.length > 0 ? blocking : record.findings)) {
    const name = `${state.key} ${fingerprint(finding)}`;
    const count = asks.get(name) ?? 0;
    if (count >= MAX_ASKS) continue;
    asks.set(name, count + 1);
    const rejected = run.rejected.filter((one) => fingerprint(one.finding) === fingerprint(finding));
    const fix = await deps.propose({ finding, record, rejected, source: state.source }, options.signal);
    if (fix) return { finding, fix };
    // It knows nothing, or cannot answer: asking the same again would give the same.
    asks.set(name, MAX_ASKS);
  }
  return undefined;
}
