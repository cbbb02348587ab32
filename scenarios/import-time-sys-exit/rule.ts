import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { checkedVariable } from '../mechanisms/checked-variables.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { giveToProcess } from '../mechanisms/variables.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'import-time-sys-exit';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The code itself ends the process while it is loaded.',
  detect: (evidence, source, index) => {
    const at = silentExit(evidence);
    if (at === undefined) return [];
    const said = evidence.faults[at]?.text ?? '';
    const calls = exits(source);
    const call = calls.find((each) => textOf(each).length > 3 && said.includes(textOf(each))) ?? (calls.length === 1 ? calls[0] : undefined);
    return call === undefined ? [] : [{ ...findingFor(source, index, call), explains: [at] }];
  },
};

/** An end by its own will: no signal, no traceback before it. */
function silentExit(evidence: Evidence): number | undefined {
  if (!['syntax', 'import', 'config'].includes(evidence.stage) || evidence.faults.some((fault) => fault.during === 'start' && fault.form !== 'exit')) return undefined;
  const at = evidence.faults.findIndex((fault) => fault.form === 'exit' && /ended with exit code/.test(fault.summary));
  return at < 0 ? undefined : at;
}

/** `sys.exit(…)`, `exit(…)`, `quit()`, `os._exit(…)`, `SystemExit(…)` that run while a module is loaded. */
function exits(source: Source): readonly Call[] {
  return [...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    return file === undefined ? [] : callsOf(file).filter((call) => /^(?:sys\.exit|os\._exit|exit|quit|SystemExit)$/.test(call.callee) && !isScript(call));
  });
}

function isScript(call: Call): boolean {
  return [...ancestors(call.node)].some((node) => node.type === 'if_statement' && /__name__/.test(node.childForFieldName('condition')?.text ?? ''));
}

function textOf(call: Call): string {
  return /^[rbuf]*(["'])(?<text>.*?)(?:\{|\1)/s.exec(call.arguments[0]?.value ?? '')?.groups?.['text'] ?? '';
}

function findingFor(source: Source, index: PackageIndex, call: Call): Finding {
  const file = source.files.get(call.file);
  const checked = file === undefined ? undefined : checkedVariable(source, file, call.node);
  return {
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: call.file, line: call.line, facts: { file: call.file, text: textOf(call), variable: checked?.variable ?? '' },
    what: `${call.file} ends the process itself: ${firstLine(file?.text.slice(call.start, call.end) ?? '', 160)}`,
    why: checked === undefined ? 'The code gives up on purpose while it is loaded; no error is raised, so nothing else tells why.' : `The code gives up on purpose when it does not like the value of ${checked.variable}.`,
    todo: checked === undefined ? 'Do what its message asks for, or let the code raise an error that says why.' : `Set ${checked.variable} to what the code asks for.`,
    candidates: checked === undefined ? [] : giveToProcess(source, index, file, checked.variable, 'str', checked.wanted),
  };
}
