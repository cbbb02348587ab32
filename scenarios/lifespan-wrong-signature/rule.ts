import { importedNames } from '../../source/python.ts';
import { replaceSpan } from '../../source/splice.ts';
import { nodesOf } from '../../source/syntax.ts';
import { treeFile } from '../../source/static-values.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { ownFrame, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { lifespanArgument } from '../mechanisms/lifespans.ts';
import type { GivenLifespan } from '../mechanisms/lifespans.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'lifespan-wrong-signature';

/** `lifespan() takes 0 positional arguments but 1 was given`, `'_AsyncGeneratorContextManager' object is not callable`, `'module' object is not callable` */
const WRONG = /(?<function>\w+)\(\) (?:takes \d+ positional arguments? but \d+ (?:was|were) given|missing \d+ required positional arguments?)|'(?:[\w.]+\.)?(?<object>_AsyncGeneratorContextManager|_GeneratorContextManager|module|async_generator|coroutine|NoneType)' object is not callable|'function' object does not support the asynchronous context manager protocol/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'What the app is given as its lifespan cannot be called with the app.',
  refines: ['startup-coroutine-never-awaited', 'unexpected-keyword-argument', 'lifespan-not-async-context-manager', 'third-party-crash'],
  detect: (evidence, source) => refused(evidence, source).map(({ seen, given }): Finding => ({
    kind, stage: 'lifespan', severity: 'CRITICAL', category: 'ENTRYPOINT', ...place(given), facts: { file: given.at.path, name: given.name },
    what: `The app is given ${given.argument.value} as its lifespan, and that cannot be called with the app.`,
    why: 'The server calls the lifespan with the app as its one argument. It needs the function itself: not its result, not the module it lies in, and with room for that argument.',
    todo: `Hand over the function itself, and let it take one argument: async def ${given.name}(app).`,
    candidates: candidates(source, given, seen), explains: [seen.at],
  })),
};

/** The traceback ends in the machinery of the server or of contextlib; a call that the tree makes is another matter. */
function refused(evidence: Evidence, source: Source): readonly { readonly seen: Seen; readonly given: GivenLifespan }[] {
  const given = lifespanArgument(source);
  if (given === undefined) return [];
  return raised(evidence, ['TypeError'], WRONG).filter((seen) => ownFrame(seen.exception) === undefined || seen.exception.frames.at(-1)?.owner !== 'tree')
    .filter((seen) => seen.match?.groups?.['function'] === undefined || seen.match.groups['function'] === given.name)
    // A context manager made with contextlib is a decorator too: called with the app, it gives back a function.
    .filter((seen) => !seen.exception.message.startsWith("'function'") || /\(/.test(given.argument.value)).map((seen) => ({ seen, given }));
}

function place({ at, call, file, node, argument }: GivenLifespan): Pick<Finding, 'file' | 'line'> {
  return node === undefined || /\(/.test(argument.value) ? { file: at.path, line: call.line } : { file: file.path, line: node.startPosition.row + 1 };
}

function candidates(source: Source, given: GivenLifespan, seen: Seen): readonly Fix[] {
  if (seen.match?.groups?.['object'] === 'module') return fromModule(source, given);
  const { at, argument, node, file, name } = given;
  if (/^[\w.]+\(/.test(argument.value)) {
    return fixOf({
      title: `Hand over ${name} itself instead of its result`, safety: 'safe', edits: replaceSpan(at, argument.valueSpan, argument.value.replace(/\(.*$/s, '')),
      explanation: 'The server calls the function when it starts; called before, it is a context manager already and cannot be called again.',
    });
  }
  const parameters = node?.childForFieldName('parameters');
  if (!parameters || parameters.namedChildCount > 0) return [];
  return fixOf({
    title: `Let ${name} take the app`, safety: 'safe', edits: [{ file: file.path, old: '', new: 'app', at: parameters.startIndex + 1 }],
    explanation: 'The server passes the app to the lifespan; the function may leave it unused.',
  });
}

/** The only async context manager of the module is the one that is meant. */
function fromModule(source: Source, { at, argument }: GivenLifespan): readonly Fix[] {
  const origin = importedNames(at).get(argument.value);
  const module = origin === undefined ? undefined : treeFile(source.files, origin);
  const names = module === undefined ? [] : nodesOf(module, 'decorated_definition').filter((each) => /^@(?:contextlib\.)?asynccontextmanager/.test(each.text)).flatMap((each) => each.childForFieldName('definition')?.childForFieldName('name')?.text ?? []);
  const [name] = names;
  return name === undefined || names.length > 1 ? [] : fixOf({
    title: `Hand over ${argument.value}.${name}`, safety: 'safe', edits: replaceSpan(at, argument.valueSpan, `${argument.value}.${name}`),
    explanation: `${argument.value} is a module; ${name} is the async context manager in it.`,
  });
}
