import { inSequence } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { endpointAt, importDepends, withoutDefault } from '../mechanisms/endpoints.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import type { Refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'fastapi-depends-misuse';

/**
 * `Cannot specify `Depends` in `Annotated` and default value together for 'session'`   `Cannot specify `Depends` for type <class '…Request'>`
 * `A parameter-less dependency must have a callable dependency`   `<async_generator object get_session at 0x…> is not a callable object`
 * `'function' object has no attribute 'dependency'`
 */
const MISUSED = /^'(?:function|type|method)' object has no attribute '(?<bare>dependency)'|^Cannot specify `Depends` (?:in `Annotated` and default value together for '(?<name>\w{1,200})'|for type (?<type>.{1,200}))|^A parameter-less dependency must have a callable dependency|^<(?:async_generator|generator|coroutine) object (?<called>[\w.<>]{1,200}) at 0x\w+> is not a callable object/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Depends is used in a way that FastAPI cannot follow.',
  detect: (evidence, source) => refused(evidence, source, ['AssertionError', 'TypeError', 'AttributeError'], MISUSED).map((at) => {
    const { name, type, called, bare } = at.seen.match?.groups ?? {};
    return refusal(kind, at, {
      facts: { file: at.file, name: name ?? called ?? '' },
      what: called !== undefined ? `${at.file} calls ${called} inside Depends instead of handing it over.`
        : bare !== undefined ? `${at.file} lists a function as a dependency without Depends.` : name !== undefined ? `${at.file} gives ${name} a dependency twice: in Annotated and as its default.`
          : type !== undefined ? `${at.file} gives a dependency to a parameter that FastAPI fills in itself.` : `${at.file} lists a Depends() without a function.`,
      why: called !== undefined ? 'Depends takes the function itself and calls it for each request; here it gets what one call returned.' : 'FastAPI takes one source for each parameter, and a dependency in a list needs a function to call.',
      todo: called !== undefined ? `Write Depends(${called}) without the brackets behind ${called}.` : bare !== undefined ? 'Write Depends(…) around the function in dependencies=[…].' : `Keep one of the two in ${at.file}, or name the function inside Depends.`,
      candidates: corrections(at, source),
    });
  }),
};

function corrections(at: Refused, source: Source): readonly Fix[] {
  const file = source.files.get(at.file);
  const { name, type, called, bare } = at.seen.match?.groups ?? {};
  if (file === undefined) return [];
  if (bare !== undefined) return wrapped(source);
  if (called !== undefined) return fixOf({ title: `Hand ${called} over without calling it`, safety: 'safe', edits: uncalled(called, source), explanation: 'FastAPI calls the function itself, once for each request.' });
  const endpoint = endpointAt(file, at.line);
  const parameter = endpoint?.parameters.find((each) => (name === undefined ? type !== undefined && each.value?.text.includes('Depends') === true && type.includes((each.annotation ?? '?').split('.').at(-1) ?? '?') : each.name === name));
  return endpoint === undefined || parameter === undefined ? [] : fixOf({
    title: `Drop the default of ${parameter.name}`, safety: 'likely', edits: withoutDefault(file, parameter),
    explanation: name === undefined ? 'FastAPI fills this parameter in by its type.' : 'Annotated says already where the value comes from.',
  });
}

/** `Depends(get_session())` → `Depends(get_session)`, everywhere. */
function uncalled(name: string, source: Source): readonly Edit[] {
  const bare = name.split('.').at(-1) ?? name;
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes(bare)).flatMap((file) => callsOf(file, ['Depends', 'Security', 'fastapi.Depends', 'fastapi.Security']).flatMap((call) => {
    const node = call.arguments[0]?.valueNode;
    const list = node?.childForFieldName('arguments');
    const isCall = node?.type === 'call' && node.childForFieldName('function')?.text.split('.').at(-1) === bare && list?.namedChildCount === 0;
    return isCall && list !== null && list !== undefined ? [{ file: file.path, old: list.text, new: '', at: list.startIndex }] : [];
  }));
}

/** `dependencies=[verify]` → `dependencies=[Depends(verify)]`, everywhere: each would be refused in turn. */
function wrapped(source: Source): readonly Fix[] {
  const files = [...source.files.values()].filter((file) => file.path.endsWith('.py') && /\bdependencies\s*=\s*\[/.test(file.text));
  return fixOf({
    title: 'Write Depends around the functions in dependencies', safety: 'safe', edits: files.filter((file) => bareDependencies(file).length > 0).flatMap((file) => inSequence(file, bareDependencies, importDepends)),
    explanation: 'A list of dependencies holds Depends(…), each with the function that FastAPI is to call.',
  });
}

function bareDependencies(file: SourceFile): readonly Edit[] {
  const lists = callsOf(file).flatMap((call) => call.arguments.filter(({ name, valueNode }) => name === 'dependencies' && valueNode.type === 'list'));
  return lists.flatMap(({ valueNode }) => valueNode.namedChildren.flatMap((each) => (each?.type === 'identifier' || each?.type === 'attribute' ? [{ file: file.path, old: each.text, new: `Depends(${each.text})`, at: each.startIndex }] : [])));
}
