/** Calls that every start makes and that cannot work: of functions that take something else, of modules, of coroutines that nobody awaits. */
import { importedNames } from '../../source/python.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { fileOfModule } from '../mechanisms/apps.ts';
import { misfit, shapeOf } from '../mechanisms/call-shapes.ts';
import { certainCalls, definitionBehind } from '../mechanisms/certain-code.ts';
import type { CertainCall } from '../mechanisms/certain-code.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import { parametersOf } from '../mechanisms/offers.ts';
import { exceptionFault, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';
import { ownYields } from './routes.ts';

export const foreseeCalls: Foresight = (source, index) => certainCalls(source).flatMap((one) => [...wrongArguments(one, source), ...wrongKeywords(one, source, index), ...calledModule(one, source, index), ...neverAwaited(one, source)].slice(0, 1));

function raise({ file, call, within, stage }: CertainCall, source: Source, message: string): ForeseenFault {
  return { stage, fault: exceptionFault({ type: 'TypeError', message, frames: [treeFrame(source, file.path, call.line, within)] }) };
}

function wrongArguments(one: CertainCall, source: Source): readonly ForeseenFault[] {
  const behind = definitionBehind(source, one.file, one.call.written);
  // A decorator may take and pass what it likes.
  if (behind === undefined || behind.definition.node.parent?.type === 'decorated_definition') return [];
  if (behind.definition.kind === 'function') {
    const said = misfit(behind.definition.name, shapeOf(behind.definition.node), one.call);
    return said === undefined ? [] : [raise(one, source, said)];
  }
  const made = behind.definition.kind === 'class' && behind.definition.bases.length === 0 && !/metaclass|__new__|__call__/.test(behind.definition.node.text) ? behind.definition.node.childForFieldName('body')?.namedChildren.find((each) => each?.type === 'function_definition' && each.childForFieldName('name')?.text === '__init__') : undefined;
  const said = !made ? undefined : misfit(`${behind.definition.name}.__init__`, shapeOf(made, 1), one.call);
  // Python counts `self`, which nobody wrote.
  return said === undefined || said.includes('takes') ? [] : [raise(one, source, said)];
}

/** Callables of installed packages whose parameters are known. */
function wrongKeywords(one: CertainCall, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  const { call } = one;
  const name = call.callee.slice(call.callee.lastIndexOf('.') + 1);
  if (call.callee === call.written && !importedNames(one.file).has(call.written.split('.')[0] ?? '')) return [];
  const [callable, shape] = [`${name}.__init__`, name].map((each) => [each, parametersOf(each, index, call.callee)] as const).find(([, found]) => found !== undefined) ?? [name, undefined];
  if (shape === undefined || shape.open || call.arguments.some(({ splat }) => splat)) return [];
  const unknown = call.arguments.find((each) => each.name !== undefined && !shape.parameters.includes(each.name))?.name;
  return unknown === undefined ? [] : [raise(one, source, `${callable}() got an unexpected keyword argument '${unknown}'`)];
}

/** `import datetime`, `datetime(2026, 1, 1)`: modules of the standard library and of the tree; a package could make its own callable. */
function calledModule(one: CertainCall, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  const { call, file } = one;
  // Only what some import names is worth a look.
  const binding = !/^\w+$/.test(call.written) || !importedNames(file).has(call.written) ? [] : source.imports.filter((each) => each.file === file.path && (each.names.length === 0 ? (each.alias ?? each.module) === call.written : each.names.some(({ name, alias }) => (alias ?? name) === call.written)));
  const [only] = binding;
  if (only === undefined || binding.length > 1 || !only.certain || only.guarded || /\bsys\.modules\b/.test(file.text) || isBoundOtherwise(call.written, file)) return [];
  const isModule = only.names.length === 0 ? index.stdlib.includes(only.module) || isTreeModule(only.module, source) : only.names.every(({ name }) => isOnlyModule(only.module, name, source));
  return isModule ? [raise(one, source, "'module' object is not callable")] : [];
}

/** `from app import tasks` where `app/tasks.py` is there, and the package says nothing of that name. */
function isOnlyModule(parent: string, name: string, source: Source): boolean {
  const around = fileOfModule(parent, source);
  return fileOfModule(`${parent}.${name}`, source) !== undefined && (around === undefined || !new RegExp(`\\b${name}\\b|\\bimport \\*|__getattr__`).test(around.text));
}

function isBoundOtherwise(name: string, file: SourceFile): boolean {
  return new RegExp(`^[ \\t]*(?:(?:async )?def|class)\\s+${name}\\b|^[ \\t]*(?:global )?${name}\\s*(?::[^=\\n]*)?=(?!=)|\\bas\\s+${name}\\b|\\bimport \\*`, 'm').test(file.text) && !new RegExp(`^(?:from\\s[^\\n]*)?import\\s[^\\n]*\\bas\\s+${name}\\b`, 'm').test(file.text);
}

const PREPARES = /\bcreate_all\b|\.connect\(|\.begin\(|\bcreate_pool\b|\.execute\(|init_beanie|\bupgrade\(/;

/** A step of the start-up that is called as a statement and not awaited: what it should prepare is not there. */
function neverAwaited(one: CertainCall, source: Source): readonly ForeseenFault[] {
  const { call, file, stage } = one;
  const behind = stage === 'lifespan' && call.node.parent?.type === 'expression_statement' ? definitionBehind(source, file, call.written) : undefined;
  if (behind?.definition.kind !== 'function' || !behind.definition.async || behind.definition.node.parent?.type === 'decorated_definition' || ownYields(behind.definition.node) || !PREPARES.test(behind.definition.node.text)) return [];
  const text = `${file.path}:${call.line}: coroutine '${behind.definition.name}' was never awaited`;
  return [{ stage, fault: { form: 'log', during: 'start', chain: [], validation: [], summary: text, text, from: -1, to: -1 } }];
}
