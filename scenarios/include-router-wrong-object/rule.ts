import { importRoots } from '../../source/import-roots.ts';
import { callsOf, definitionsOf, fileOf, originOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'include-router-wrong-object';

/** `module 'src.api.auth' has no attribute '_contains_router'`   `'function' object has no attribute 'routes'` */
const WRONG = /^(?:module '(?<module>[\w.]{1,300})'|'(?<type>\w{1,100})' object) has no attribute '(?:routes|_contains_router|on_startup|lifespan_context|default_response_class|router|prefix)'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Something that is no router is given to include_router.',
  detect: (evidence, source) => refused(evidence, source, ['AttributeError'], WRONG).filter(({ seen }) => seen.exception.frames.some((frame) => frame.function === 'include_router')).map((at) => {
    const file = source.files.get(at.file);
    const call = file === undefined ? undefined : callsOf(file).find((each) => each.line <= at.line && at.line <= each.node.endPosition.row + 1 && each.written.endsWith('.include_router'));
    const written = call?.arguments[0]?.value ?? 'the argument';
    return refusal(kind, at, {
      facts: { file: at.file, written },
      what: `${at.file} includes ${written}, which is ${at.seen.match?.groups?.['module'] === undefined ? `of the type ${at.seen.match?.groups?.['type'] ?? 'unknown'}` : 'a module'} and no router.`,
      why: 'include_router takes an APIRouter object; the module that holds it has the same name or a similar one.',
      todo: `Write the router inside ${written}, for example ${written}.router.`,
      candidates: file === undefined || call === undefined ? [] : routersIn(file, call, written, source),
    });
  }),
};

/** The APIRouter objects of the module that was given. */
function routersIn(file: SourceFile, call: Call, written: string, source: Source): readonly Fix[] {
  const argument = call.arguments[0];
  const module = originOf(file, written);
  const owner = source.files.get(fileOf(module, source.files, importRoots(source.run)) ?? '');
  if (argument === undefined || owner === undefined) return [];
  const made = callsOf(owner, ['APIRouter', 'fastapi.APIRouter']).flatMap((each) => (each.scope === '' && each.assignedTo !== undefined ? [each.assignedTo] : []));
  const names = definitionsOf(owner).map(({ name }) => name).filter((name) => made.includes(name) || name === 'router');
  return [...new Set(names)].slice(0, 3).flatMap((name) => fixOf({
    title: `Include ${written}.${name}`, safety: 'safe', edits: [{ file: file.path, old: '', new: `.${name}`, at: argument.valueSpan.end }], explanation: `${owner.path} makes its router as ${name}.`,
  }));
}
