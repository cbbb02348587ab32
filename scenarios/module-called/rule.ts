import { importedNames, nameUses } from '../../source/python.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { offeredBy } from '../mechanisms/offers.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'module-called';

/** `'module' object is not callable`, since 3.12 with a suggestion: `Did you mean: 'datetime.datetime(...)'?` */
const CALLED = /^'module' object is not callable/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code calls a module instead of something inside it.',
  detect: (evidence, source, index) => raised(evidence, ['TypeError'], CALLED).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    if (own === undefined || file === undefined || seen.exception.frames.at(-1)?.owner !== 'tree') return [];
    const [call] = callsOf(file).filter((each) => each.line <= own.line && own.line <= each.node.endPosition.row + 1 && importedNames(file).has(each.written) && offeredBy(each.callee, source, index) !== undefined);
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: own.file, line: own.line, facts: { file: own.file, written: call?.written ?? '' },
      what: `${own.file} calls ${call?.written ?? 'a module'}, which is a module.`,
      why: 'The import brings the module; the class or function of the same name, or another one, lies inside it.',
      todo: `Name in ${own.file} what is to be called inside ${call?.written ?? 'the module'}, or import that instead.`,
      candidates: call === undefined ? [] : inside(file, call, source, index), explains: [seen.at],
    }];
  }),
};

/** `datetime(2026, 1, 1)` → `datetime.datetime(2026, 1, 1)`, at every place where the module itself is called. */
function inside(file: SourceFile, call: Call, source: Source, index: PackageIndex): readonly Fix[] {
  const same = call.callee.slice(call.callee.lastIndexOf('.') + 1);
  if (offeredBy(call.callee, source, index)?.includes(same) !== true) return [];
  const calls = callsOf(file).filter((each) => each.written === call.written && nameUses(file, call.written).some((use) => use.start === each.calleeSpan.start));
  return fixOf({
    title: `Call ${call.written}.${same}`, safety: 'likely', edits: calls.map((each) => ({ file: file.path, old: '', new: `.${same}`, at: each.calleeSpan.end })),
    explanation: `The module ${call.callee} has something of its own name, and that can be called.`,
  });
}
