import { importName, inSequence, setKeyword } from '../../source/edits.ts';
import { importRoots } from '../../source/import-roots.ts';
import { definitionsOf, moduleOf } from '../../source/python.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { insertion } from '../mechanisms/class-bodies.ts';
import { endpointAt, importDepends, providersOf } from '../mechanisms/endpoints.ts';
import type { Endpoint } from '../mechanisms/endpoints.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'fastapi-invalid-response-field';

/** `Invalid args for response field! Hint: check that <class 'sqlalchemy.ext.asyncio.session.AsyncSession'> is a valid Pydantic field type. …` */
const INVALID = /^Invalid args for response field! Hint: check that (?<type>.{1,300}?) is a valid Pydantic field type/s;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A route takes or returns a type that FastAPI cannot turn into JSON.',
  detect: (evidence, source) => refused(evidence, source, ['FastAPIError'], INVALID).map((at) => {
    const type = nameOf(at.seen.match?.groups?.['type'] ?? '');
    const file = source.files.get(at.file);
    const endpoint = file === undefined ? undefined : endpointAt(file, at.line);
    return refusal(kind, at, {
      facts: { type, file: at.file, endpoint: endpoint?.name ?? '' },
      what: `The route ${endpoint?.name ?? ''} in ${at.file} uses ${type}, which is no type of a request or response.`.replace('route  in', 'route in'),
      why: `FastAPI makes a pydantic field of every parameter without Depends and of the return type, and pydantic knows no ${type}.`,
      todo: `Give the parameter a dependency that provides ${type}, or set response_model=None where it is returned.`,
      candidates: endpoint === undefined ? [] : [...wrapped(endpoint, type), ...asDependency(endpoint, type, source), ...withoutModel(endpoint, type)],
    });
  }),
};

/** `<class 'a.b.C'>` → `C`; `a.b.C | None` stays readable. */
function nameOf(printed: string): string {
  return (/^<class '(?<name>[^']+)'>$/.exec(printed)?.groups?.['name'] ?? printed).split('.').at(-1) ?? printed;
}

/** `session: AsyncSession = get_session`: the function itself is no default, but what Depends was meant for. */
function wrapped({ file, parameters, name: route }: Endpoint, type: string): readonly Fix[] {
  const bare = parameters.filter(({ annotation = '', value }) => annotation.split('.').at(-1) === type && value !== undefined && isFunction(file, value.text));
  return fixOf({
    title: `Write Depends around the default of ${route}`, safety: 'safe',
    edits: bare.length === 0 ? [] : inSequence(file, () => bare.flatMap(({ value }) => (value === undefined ? [] : [{ file: file.path, old: value.text, new: `Depends(${value.text})`, at: value.startIndex }])), importDepends),
    explanation: 'FastAPI calls the function for each request only when it stands in Depends.',
  });
}

/** Defined in the file as a function, or imported under a name that begins in lower case. */
function isFunction(file: SourceFile, name: string): boolean {
  return definitionsOf(file).some((each) => each.name === name && (each.kind === 'function' || (each.kind === 'import' && /^[a-z]/.test(name))));
}

/** `session: AsyncSession` → `session: AsyncSession = Depends(get_session)`; parameters behind it without a default would be in the way. */
function asDependency(endpoint: Endpoint, type: string, source: Source): readonly Fix[] {
  const { file } = endpoint;
  const parameter = endpoint.parameters.find((each) => each.value === undefined && (each.annotation ?? '').split('.').at(-1) === type);
  if (parameter === undefined) return [];
  return providersOf(type, source).slice(0, 3).flatMap((provider) => fixOf({
    title: `Let ${provider.name} provide ${parameter.name}`, safety: 'likely', edits: inSequence(file, (now) => dependency(now, endpoint, parameter.name, provider.name), (now) => importName(now, 'fastapi', 'Depends'), (now) => importProvider(now, provider, source)),
    explanation: `${provider.name} in ${provider.file.path} gives a ${type}, and the tree uses it as a dependency elsewhere or was meant to.`,
  }));
}

function dependency(file: SourceFile, endpoint: Endpoint, name: string, provider: string): readonly Edit[] {
  const at = endpoint.parameters.findIndex((each) => each.name === name);
  const parameter = endpoint.parameters[at];
  if (parameter === undefined) return [];
  const followed = endpoint.parameters.slice(at + 1).some((each) => each.value === undefined);
  const first = endpoint.node.childForFieldName('parameters');
  const star: readonly Edit[] = followed && first !== null ? [insertion(file, first.startIndex + 1, '*, ')] : [];
  return [...star, insertion(file, parameter.end, ` = Depends(${provider})`)];
}

function importProvider(file: SourceFile, provider: { readonly name: string; readonly file: SourceFile }, source: Source): readonly Edit[] {
  const module = moduleOf(provider.file.path, importRoots(source.run));
  return provider.file.path === file.path || module === undefined ? [] : importName(file, module, provider.name);
}

function withoutModel(endpoint: Endpoint, type: string): readonly Fix[] {
  const stated = endpoint.decorator?.arguments.find((each) => each.name === 'response_model');
  const returned = (endpoint.returns ?? '').includes(type) || (stated?.value ?? '').includes(type);
  if (endpoint.decorator === undefined || !returned) return [];
  return fixOf({
    title: `Say response_model=None for ${endpoint.name}`, safety: 'likely', edits: setKeyword(endpoint.file, endpoint.decorator, 'response_model', 'None'),
    explanation: 'FastAPI then sends what the route returns as it is, without a model made from the return type.',
  });
}
