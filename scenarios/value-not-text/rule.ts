import type { Node } from 'web-tree-sitter';
import { accessesOf } from '../mechanisms/attributes.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { misuseIn, textOf, valuesAt } from '../mechanisms/text-values.ts';
import type { Misuse } from '../mechanisms/text-values.ts';
import { fixOf } from '../mechanisms/words.ts';
import { replaceSpan } from '../../source/splice.ts';
import { callsOf } from '../../source/python.ts';
import { spanOf } from '../../source/syntax.ts';
import type { Span } from '../../source/syntax.ts';
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
    const request = seen.fault.during === 'request';
    const what = misuse.type === '' ? 'an object' : misuse.type;
    return [{
      kind, stage: request ? 'health' : 'import', severity: request ? 'HIGH' : 'CRITICAL', category: 'CONFIG', file: own.file, line: own.line,
      facts: { type: misuse.type, use: misuse.use, method: misuse.method ?? '', file: own.file },
      what: `${own.file} uses ${what} as text${misuse.method === undefined ? '' : `: it has no ${misuse.method}`}.`,
      why: `${misuse.type === '' ? 'The value' : `A value of ${misuse.type}`} is no str. In an earlier release it may have been one (the URL types of pydantic were, before version 2), or the code took it for one.`,
      todo: `Turn the value into text where ${own.file} uses it, or keep it as text where it is made.`,
      candidates, explains: [seen.at],
    }];
  }),
};

function fixes(file: SourceFile, line: number, misuse: Misuse, direct: boolean, index: PackageIndex): readonly Fix[] {
  const text = textOf(misuse.type, index);
  if (text === undefined || (misuse.method === 'decode' && direct)) return [];
  const values = valuesAt(file, line, misuse, direct).slice(0, MOST);
  return values.flatMap((node) => {
    const same = usesAlike(file, node, misuse, direct);
    const spans = same.length > 0 ? same : [spanOf(node)];
    const written = text(node.text);
    return fixOf({
      title: `Write ${written} in ${file.path}`, safety: 'likely', edits: spans.flatMap((span) => replaceSpan(file, span, written)),
      explanation: `${misuse.type === '' ? 'The value' : misuse.type} is no str, and ${written} is its text.`,
    });
  });
}

/** The same value is asked for the same method elsewhere in the file, or given to the same call: one cure for all of them. */
function usesAlike(file: SourceFile, node: Node, { use, method }: Misuse, direct: boolean): readonly Span[] {
  if (use === 'method' && direct && method !== undefined) {
    return accessesOf(file, method).filter(({ object }) => object === node.text).map(({ start }) => ({ start, end: start + node.text.length }));
  }
  const callee = callsOf(file).find((call) => call.arguments.some(({ valueNode }) => valueNode.id === node.id))?.callee;
  return callee === undefined || use !== 'argument' ? [] : callsOf(file).filter((call) => call.callee === callee)
    .flatMap((call) => call.arguments.filter(({ value, splat }) => !splat && value === node.text).map(({ valueSpan }) => valueSpan));
}
