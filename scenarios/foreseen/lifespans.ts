/** What an app is given as its lifespan, and whether the server can enter it. */
import { targetFile } from '../../source/import-order.ts';
import { originOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule } from '../mechanisms/apps.ts';
import { shapeOf } from '../mechanisms/call-shapes.ts';
import { isUnconditional } from '../mechanisms/certain-code.ts';
import { lifespanArgument } from '../mechanisms/lifespans.ts';
import type { GivenLifespan } from '../mechanisms/lifespans.ts';
import { exceptionFault, packageFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';
import { ownYields } from './routes.ts';

export const foreseeLifespans: Foresight = (source) => {
  const given = lifespanArgument(source);
  // Another app of the tree may be mounted, or never be started.
  if (given === undefined || given.at.path !== targetFile(source) || !/^(?:fastapi|starlette)\./.test(given.call.callee)) return [];
  const fault = refused(given, source);
  return fault === undefined ? [] : [fault];
};

const ENTERED = packageFrame('fastapi/routing.py', 'merged_lifespan');
const MADE = { file: '/usr/lib/python3/contextlib.py', line: 1, function: '__aenter__', owner: 'stdlib' } as const;

function raise(type: string, message: string, frame: typeof ENTERED): ForeseenFault {
  return { stage: 'lifespan', fault: exceptionFault({ type, message, frames: [frame] }) };
}

const NO_MANAGER = 'object does not support the asynchronous context manager protocol (missed __aexit__ method)';

function refused({ node, argument, at }: GivenLifespan, source: Source): ForeseenFault | undefined {
  if (/^\w+$/.test(argument.value) && node === undefined) {
    const module = originOf(at, argument.value);
    return module !== argument.value && fileOfModule(module, source) !== undefined ? raise('TypeError', "'module' object is not callable", ENTERED) : undefined;
  }
  if (node === undefined) return undefined;
  const decorators = node.parent?.type === 'decorated_definition' ? node.parent.namedChildren.flatMap((each) => (each?.type === 'decorator' ? [each.text.slice(1).trim()] : [])) : [];
  const isManaged = decorators.length === 1 && /^(?:contextlib\.)?asynccontextmanager$/.test(decorators[0] ?? '');
  const isAsync = node.text.startsWith('async');
  if (/^\w+\(\s*(?:None|app)?\s*\)$/.test(argument.value)) return isManaged ? raise('TypeError', `'function' ${NO_MANAGER}`, ENTERED) : undefined;
  if (!/^\w+(?:\.\w+)*$/.test(argument.value)) return undefined;
  if (decorators.length === 1 && /^(?:contextlib\.)?contextmanager$/.test(decorators[0] ?? '')) return raise('TypeError', `'contextlib._GeneratorContextManager' ${NO_MANAGER} but it supports the context manager protocol.`, ENTERED);
  if (decorators.length === 0) return isAsync && !ownYields(node) ? raise('TypeError', `'coroutine' ${NO_MANAGER}`, ENTERED) : undefined;
  if (!isManaged) return undefined;
  const shape = shapeOf(node);
  const name = node.childForFieldName('name')?.text ?? '';
  if (shape.most === 0) return raise('TypeError', `${name}() takes 0 positional arguments but 1 was given`, { ...MADE, function: '__init__' });
  if (isAsync && !ownYields(node)) return raise('TypeError', "'coroutine' object is not an async iterator", MADE);
  const first = node.descendantsOfType('yield')[0]?.startIndex ?? Infinity;
  const early = node.descendantsOfType('return_statement').some((each) => each !== null && each.startIndex < first && isUnconditional(each, node));
  return early ? raise('RuntimeError', "generator didn't yield", MADE) : undefined;
}
