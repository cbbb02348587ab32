import { stageRank } from '../../parsers/boot-output.ts';
import type { Stage } from '../../parsers/boot-output.ts';
import type { Evidence, Fault } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { firstLine, lastWords, steady } from '../mechanisms/words.ts';
import type { Category, Finding, Rule } from '../types.ts';

const kind = 'unknown-failure';

/** Never guesses: it repeats what was said, names the place, and offers no fix. Seen only when no other rule explained the boot. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start failed in a way that no known failure kind explains.',
  lastResort: true,
  detect: (evidence, source) => {
    if (evidence.stage === 'healthy') return [];
    const at = evidence.faults.findIndex((fault) => fault.during !== 'background' && fault.during !== 'shutdown');
    const fault = evidence.faults[at] ?? evidence.faults[0];
    return fault === undefined ? [silent(evidence, source)] : [findingFor(fault, Math.max(0, at), evidence, source)];
  },
};

function findingFor(fault: Fault, at: number, evidence: Evidence, source: Source): Finding {
  const last = fault.chain.at(-1);
  const own = fault.chain.toReversed().map(ownFrame).find((frame) => frame !== undefined);
  const said = last === undefined ? lastWords(fault) : firstLine(last.message === '' ? last.type : `${last.type}: ${last.message}`);
  return {
    kind, stage: evidence.stage, severity: 'CRITICAL', category: categoryOf(evidence.stage), file: own?.file ?? targetFile(source), ...(own === undefined ? {} : { line: own.line }),
    facts: { form: fault.form, type: last?.type ?? '', said: steady(last?.message ?? lastWords(fault)), file: own?.file ?? '' },
    what: own === undefined ? `The start failed at the stage ${evidence.stage}: ${said}` : `${own.file} failed: ${said}`,
    why: own === undefined
      ? 'No known failure kind explains this, and the text names no place in the code of the backend.'
      : `No known failure kind explains this. The last line of the backend's own code was ${own.source === undefined ? own.file : `"${firstLine(own.source, 120)}"`}.`,
    todo: `Read the traceback in the log of this boot${own === undefined ? '' : ` and look at ${own.file}`}.`,
    candidates: [], explains: [at],
  };
}

function silent(evidence: Evidence, source: Source): Finding {
  return {
    kind, stage: evidence.stage, severity: 'CRITICAL', category: categoryOf(evidence.stage), file: targetFile(source), facts: { form: 'silence', stage: evidence.stage },
    what: `The start did not get beyond the stage ${evidence.stage}, and nothing was printed that says why.`,
    why: 'The server neither failed with an error nor became healthy; its log may be switched off or sent elsewhere.',
    todo: 'Read the log of this boot, and start the server by hand with --log-level debug.', candidates: [],
  };
}

function targetFile(source: Source): string {
  return fileOfModule(targetParts(source.run.app).module, source)?.path ?? manifestOf(source);
}

/** What somebody would look at first when a start stops there. */
function categoryOf(stage: Stage): Category {
  if (stageRank(stage) <= stageRank('install')) return 'DEPENDENCY';
  if (stageRank(stage) <= stageRank('import')) return 'IMPORT';
  return stage === 'config' ? 'CONFIG' : stage === 'connect' ? 'DATABASE' : 'ENTRYPOINT';
}
