import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { misuseIn, textOf, usesIn } from '../mechanisms/text-values.ts';
import type { Misuse } from '../mechanisms/text-values.ts';
import { fixOf } from '../mechanisms/words.ts';
import { replaceSpan } from '../../source/splice.ts';
import { spanOf } from '../../source/syntax.ts';
import type { PackageIndex, SourceFile } from '../../source/types.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'value-not-text';
const MOST = 3;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A value is used as text, and is an object that only has a text form.',
  refines: ['unknown-failure', 'request-fails', 'attributeerror-at-import', 'third-party-crash', 'package-refuses-call', 'invalid-engine-argument'],
  detect: (evidence, source, index) => raised(evidence, ['AttributeError', 'TypeError', 'ArgumentError']).flatMap((seen): Finding[] => {
    const misuse = misuseIn(seen.exception.message);
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    if (misuse === undefined || own === undefined || file === undefined) return [];
    const inner = seen.exception.frames.findLast((frame) => !/^__getattr(?:ibute)?__$/.test(frame.function));
    const candidates = fixes(file, own.line, misuse, inner?.owner === 'tree', index);
    if (candidates.length === 0) return [];
    const what = misuse.type === '' ? 'an object' : misuse.type;
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'CONFIG', file: own.file, line: own.line,
      facts: { type: misuse.type, use: misuse.use, method: misuse.method ?? '', file: own.file },
      what: `${own.file} uses ${what} as text${misuse.method === undefined ? '' : `: it has no ${misuse.method}`}.`,
      why: `${misuse.type === '' ? 'The value' : `A value of ${misuse.type}`} is no str. In an earlier release it may have been one (the URL types of pydantic were, before version 2), or the code took it for one.`,
      todo: `Turn the value into text where ${own.file} uses it, or keep it as text where it is made.`,
      candidates, explains: [seen.at],
    }];
  }),
};

/** The same value used in the same way elsewhere in the file is the same fault: one cure for all of it. */
function fixes(file: SourceFile, line: number, misuse: Misuse, direct: boolean, index: PackageIndex): readonly Fix[] {
  const text = textOf(misuse.type, index);
  if (text === undefined || (misuse.method === 'decode' && direct)) return [];
  const everywhere = usesIn(file, misuse, direct);
  return usesIn(file, misuse, direct, line).slice(0, MOST).flatMap(({ node, callee }) => {
    const same = everywhere.filter((other) => other.node.text === node.text && other.callee === callee);
    const written = text(node.text);
    return fixOf({
      title: `Write ${written} in ${file.path}`, safety: 'likely', edits: same.flatMap((other) => replaceSpan(file, spanOf(other.node), written)),
      explanation: `${misuse.type === '' ? 'The value' : misuse.type} is no str, and ${written} is its text.`,
    });
  });
}
