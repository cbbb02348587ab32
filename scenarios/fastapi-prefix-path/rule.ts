import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { stringSpan, stringValue } from '../../source/syntax.ts';
import type { Edit, Source } from '../../source/types.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'fastapi-prefix-path';

/** `A path prefix must start with '/'`   `A path prefix must not end with '/', as the routes will start with '/'`   `Routed paths must start with '/'` */
const PATH = /^(?:A path prefix must (?<not>not )?(?:start|end) with '\/'|Routed paths must start with '\/')/;
const ROUTES = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head', 'api_route', 'websocket', 'route', 'mount', 'add_api_route', 'add_route', 'Route', 'WebSocketRoute', 'Mount'];

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The path or prefix of a route does not begin with a slash, or ends with one.',
  detect: (evidence, source) => refused(evidence, source, ['AssertionError'], PATH).map((at) => {
    const ends = at.seen.match?.groups?.['not'] !== undefined;
    return refusal(kind, at, {
      facts: { file: at.file, ends: String(ends), said: at.seen.exception.message.slice(0, 40) },
      what: `${at.file} gives a path or prefix that ${ends ? 'ends with a slash' : 'does not begin with a slash'}.`,
      why: 'A prefix and the path behind it are joined as they are, so a prefix begins with a slash and ends without one, and each path begins with one.',
      todo: `Correct the slash in ${at.file}.`,
      candidates: fixOf({ title: ends ? 'Take the last slash away' : 'Begin with a slash', safety: 'safe', edits: edits(at.file, at.line, ends, source), explanation: 'The address that was meant does not change by it.' }),
    });
  }),
};

/** The literals of the call at that line. */
function edits(path: string, line: number, ends: boolean, source: Source): readonly Edit[] {
  const file = source.files.get(path);
  const calls = file === undefined ? [] : callsOf(file).filter((call) => call.line <= line && line <= call.node.endPosition.row + 1);
  return calls.flatMap((call) => paths(call)).flatMap((node) => {
    const [span, value] = [stringSpan(node), stringValue(node)];
    if (span === undefined || value === undefined || value === '') return [];
    if (ends) return value.endsWith('/') ? [{ file: path, old: '/', new: '', at: span.end - 1 }] : [];
    return value.startsWith('/') ? [] : [{ file: path, old: '', new: '/', at: span.start }];
  });
}

function paths(call: Call): readonly (Call['arguments'][number]['valueNode'])[] {
  const named = call.arguments.filter((each) => each.name === 'prefix' || each.name === 'path').map((each) => each.valueNode);
  const isRoute = ROUTES.includes(call.written.split('.').at(-1) ?? '');
  const first = call.arguments[0];
  return [...named, ...(isRoute && first !== undefined && first.name === undefined ? [first.valueNode] : [])];
}
