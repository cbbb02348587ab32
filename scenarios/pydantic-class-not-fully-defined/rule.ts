import type { Evidence } from '../../parsers/evidence.ts';
import { dropImportedName, importName } from '../../source/edits.ts';
import { importNodes } from '../../source/imports.ts';
import { importRoots } from '../../source/import-roots.ts';
import { moduleOf } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { classesNamed } from '../mechanisms/class-bodies.ts';
import { metIn, ownFrameOf, raised, withAnswers } from '../mechanisms/faults.ts';
import { homesOf, treeHomesOf } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'pydantic-class-not-fully-defined';

/** `` `Team` is not fully defined; you should define `User`, then call `Team.model_rebuild()`. ``   `` `TypeAdapter[…]` is not fully defined; … `` */
const INCOMPLETE = /^`(?<model>[\w.[\]', ]{1,300})` is not fully defined; you should define `(?<name>\w{1,200})`/;
/** `name 'User' is not defined` */
const UNDEFINED = /^name '(?<name>\w{1,200})' is not defined/;

/** `` `TypeAdapter[typing.Annotated[ForwardRef('Note'), …]]` is not fully defined `` */
const LOCAL = /^`TypeAdapter\[[^\n]{0,200}?ForwardRef\('(?<name>\w{1,200})'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A pydantic model names a type that it cannot see.',
  refines: ['nameerror-at-import', 'request-fails', 'third-party-crash', 'package-refuses-call'],
  detect: (evidence, source, index) => [...insideFunctions(evidence, source), ...[
    ...raised(evidence, ['PydanticUserError'], INCOMPLETE), ...raised(evidence, ['PydanticUndefinedAnnotation'], UNDEFINED),
  ].map((seen): Finding => {
    const name = seen.match?.groups?.['name'] ?? '';
    const own = ownFrameOf(seen);
    const printed = /(?<model>\w+)\]?$/.exec(seen.match?.groups?.['model'] ?? '')?.groups?.['model'];
    const [model] = printed === undefined ? [] : classesNamed(printed, source);
    const file = model?.file ?? source.files.get(own?.file ?? '');
    return {
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: file?.path ?? own?.file ?? '', ...(model === undefined ? (own === undefined ? {} : { line: own.line }) : { line: model.line }),
      facts: { name, model: printed ?? '' },
      what: `${printed ?? 'A model'} in ${file?.path ?? 'the code'} has a field of the type ${name}, which is not defined there when it is needed.`,
      why: `Annotations are looked up in the module of the model; ${name} is imported for type checkers only, is defined further down, or is not imported at all.`,
      todo: `Import ${name} at run time in ${file?.path ?? 'the module of the model'}, or call ${printed ?? 'the model'}.model_rebuild() where ${name} is known.`,
      candidates: file === undefined ? [] : corrections(name, printed, file, source, index), explains: [seen.at],
    };
  })],
};

/** A model that is defined inside a function, and `from __future__ import annotations`: its name is looked up in the module, where it is not. */
function insideFunctions(evidence: Evidence, source: Source): readonly Finding[] {
  const seen = raised(evidence, ['PydanticUserError'], LOCAL);
  const names = [...new Set(seen.map(({ match }) => match?.groups?.['name'] ?? ''))];
  return names.flatMap((name): readonly Finding[] => {
    const [body] = classesNamed(name, source).filter(({ node }) => [...ancestors(node)].some(({ type }) => type === 'function_definition'));
    const future = body === undefined ? undefined : importNodes(body.file).find(({ names: all, written }) => written === '__future__' && all.some((each) => each.name === 'annotations'));
    if (body === undefined || future === undefined) return [];
    const explains = new Set(seen.filter(({ match }) => match?.groups?.['name'] === name).flatMap(({ at }) => withAnswers(at, evidence)));
    return [{
      kind, stage: 'health', severity: 'CRITICAL', category: 'IMPORT', file: body.file.path, line: body.line, facts: { name, model: name },
      what: `A route in ${body.file.path} takes a ${name}, which is defined inside a function and cannot be looked up.`,
      why: '`from __future__ import annotations` turns every annotation into a text, which is looked up in the module. What is defined inside a function is not there.',
      todo: `Move ${name} out of the function, or leave \`from __future__ import annotations\` out of ${body.file.path}.`,
      candidates: fixOf({
        title: `Leave the import of annotations out of ${body.file.path}`, safety: 'likely', edits: dropImportedName(body.file, '__future__', 'annotations'),
        explanation: 'Without it the annotation is the class itself.',
      }), explains: [...explains],
    }];
  });
}

function corrections(name: string, model: string | undefined, file: SourceFile, source: Source, index: PackageIndex): readonly Fix[] {
  const own = moduleOf(file.path, importRoots(source.run));
  const stated = importNodes(file).find((each) => each.from && !each.eager && each.names.some((item) => (item.alias ?? item.name) === name))?.written;
  const homes = [...new Set([...(stated === undefined ? [] : [stated]), ...treeHomesOf(name, source).filter((home) => home !== own), ...homesOf(name, own ?? '', source, index).map((home) => home.module)])].slice(0, 2);
  const imported = homes.flatMap((home) => fixOf({
    title: `Import ${name} from ${home} at run time`, safety: 'likely', edits: importName(file, home, name), explanation: `${home} has ${name}, and pydantic needs it when the model is defined.`,
  }));
  const late = homes.slice(0, 1).flatMap((home) => (model === undefined ? [] : fixOf({
    title: `Import ${name} below ${model} and rebuild it`, safety: 'likely', edits: append(file, `from ${home} import ${name}\n\n${model}.model_rebuild()`),
    explanation: `The modules import each other; below the model the import closes no circle, and model_rebuild() looks ${name} up again.`,
  })));
  const rebuilt = treeHomesOf(name, source).includes(own ?? '') && model !== undefined
    ? fixOf({ title: `Rebuild ${model} below ${name}`, safety: 'safe', edits: append(file, `${model}.model_rebuild()`), explanation: `${name} is defined below ${model}; model_rebuild() looks it up again.` }) : [];
  return [...rebuilt, ...imported, ...late];
}

function append(file: SourceFile, text: string): Fix['edits'] {
  return [{ file: file.path, old: '', new: `${file.text.endsWith('\n') ? '\n\n' : '\n\n\n'}${text}\n`, at: file.text.length }];
}
