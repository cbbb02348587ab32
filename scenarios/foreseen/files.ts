/** Files that every start opens and that the tree does not have, and folders to write into that nobody makes. */
import { dirname } from 'node:path/posix';
import { definitionsOf, importedNames } from '../../source/python.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { certainCalls } from '../mechanisms/certain-code.ts';
import type { CertainCall } from '../mechanisms/certain-code.ts';
import { fromWorkingFolder, hasFolder } from '../mechanisms/missing-paths.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { exceptionFault, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';

export const foreseeFiles: Foresight = (source) => {
  // Whatever makes folders or files at the start could make these.
  const makes = [...loadedFiles(source)].some((path) => /\bmakedirs\(|\bmkdir\(|\.touch\(|\bcopy(?:file|tree)?\(|\bchdir\(|\bwrite_text\(|subprocess/.test(source.files.get(path)?.text ?? ''));
  return makes ? [] : certainCalls(source).flatMap((one) => opened(one, source));
};

function opened(one: CertainCall, source: Source): readonly ForeseenFault[] {
  const { call, file } = one;
  const isOpen = call.written === 'open' && !importedNames(file).has('open') && !definitionsOf(file).some(({ name }) => name === 'open');
  const isRead = /^Path\((?:"[^"\n]*"|'[^'\n]*')\)\.(?:read_text|read_bytes)$/.test(call.written) && importedNames(file).get('Path') === 'pathlib.Path';
  const isLog = /^logging(?:\.handlers)?\.(?:FileHandler|RotatingFileHandler|TimedRotatingFileHandler)$/.test(call.callee) && !call.arguments.some(({ name }) => name === 'delay');
  const given = isOpen || isLog ? stringValue(call.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'file' || name === 'filename'))?.valueNode ?? null) : isRead ? /["'](?<path>[^"']*)["']/.exec(call.written)?.groups?.['path'] : undefined;
  if (given === undefined || given.startsWith('~')) return [];
  const mode = isOpen ? stringValue(call.arguments.find(({ name }) => name === 'mode')?.valueNode ?? call.arguments.filter(({ name }) => name === undefined)[1]?.valueNode ?? null) ?? 'r' : 'a';
  const path = fromWorkingFolder(source, given);
  if (path === undefined) return [];
  const writes = isLog || (isOpen && /[wax]/.test(mode));
  const there = writes ? dirname(path) === '.' || hasFolder(source, dirname(path)) : source.files.has(path) || source.opaque.includes(path) || hasFolder(source, path);
  if (there) return [];
  const shown = isLog ? `/app/${path}` : given;
  const frames = [treeFrame(source, file.path, call.line, one.within), ...(isLog ? [{ file: '/usr/lib/python3/logging/__init__.py', line: 1, function: '_open', owner: 'stdlib' } as const] : [])];
  return [{ stage: one.stage, fault: exceptionFault({ type: 'FileNotFoundError', message: `[Errno 2] No such file or directory: '${shown}'`, frames }) }];
}
