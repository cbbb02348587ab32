import { setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/calls.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'fastapi-response-class-union';

/** `'typing.Union' object has no attribute 'media_type'`; before Python 3.14 `'types.UnionType' object has …` */
const UNION = /^'(?:typing\.Union|types\.UnionType|_UnionGenericAlias)' object has no attribute '(?:media_type|__signature__|init_headers|charset)'|^'?types\.UnionType'? object is not callable|^Cannot instantiate typing\.Union|^'typing\.Union' object is not callable/;

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'HIGH',
  title: 'A route names several response classes at once, and FastAPI takes one.',
  refines: ['unknown-failure', 'request-fails', 'attributeerror-at-import', 'third-party-crash'],
  detect: (evidence, source) => raised(evidence, ['AttributeError', 'TypeError'], UNION).flatMap((seen) => unionsIn(source).map((union) => findingFor(union, seen.at))),
};

interface Union {
  readonly file: SourceFile;
  readonly call: Call;
  /** As written, in their order. */
  readonly members: readonly string[];
}

/** `response_class=RedirectResponse | HTMLResponse`, `response_class=Union[A, B]` */
function unionsIn(source: Source): readonly Union[] {
  const python = [...source.files.values()].filter(({ path, text }) => path.endsWith('.py') && text.includes('response_class'));
  return python.flatMap((file) => callsOf(file).flatMap((call) => {
    const written = call.arguments.find(({ name }) => name === 'response_class')?.value ?? '';
    const inner = /^(?:\w+\.)?Union\[(?<members>[^[\]]+)\]$/.exec(written)?.groups?.['members']?.split(',') ?? written.split('|');
    const members = inner.map((member) => member.trim()).filter((member) => /^[\w.]+$/.test(member));
    return members.length > 1 ? [{ file, call, members }] : [];
  }));
}

function findingFor({ file, call, members }: Union, at: number): Finding {
  // A value that is no response yet can be put into a page or JSON, hardly into a redirection or a file.
  const [best = ''] = [...members.filter((member) => !/Redirect|File|Streaming/.test(member)), ...members];
  return {
    kind, stage: 'health', severity: 'HIGH', category: 'ENTRYPOINT', file: file.path, line: call.line, facts: { file: file.path, classes: members.join(' ') },
    what: `A route in ${file.path} has ${members.join(' | ')} as its response class.`,
    why: 'FastAPI asks the response class for its media type when it describes the interface, and a union of classes has none: /openapi.json and /docs answer 500.',
    todo: 'Name the class that the route mostly answers with; a response object of any other class can be returned all the same.',
    candidates: fixOf({
      title: `Say response_class=${best} in ${file.path}`, safety: 'likely', edits: setKeyword(file, call, 'response_class', best),
      explanation: 'Response objects that the function returns are sent as they are. The class only describes the route, and wraps values that are no response.',
    }), explains: [at],
  };
}
