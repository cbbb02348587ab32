/** Packages that an installed one needs only for a feature which the code uses, and which nothing installs. */
import { compare, valid } from '@renovatebot/pep440';
import { normaliseName } from '../../source/manifest.ts';
import { importedNames } from '../../source/python.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { loadedFiles, loadedImports } from '../mechanisms/reach.ts';
import { exceptionFault, isAbsent, packageFrame, treeFrame, versionOf } from './fault.ts';
import type { ForeseenFault, Foresight, Raised } from './fault.ts';

interface Feature {
  readonly distribution: string;
  readonly module: string;
  /** What the package says when it is missing. */
  readonly says: Pick<Raised, 'type' | 'message'>;
  /** Below site-packages: who says it. */
  readonly by: string;
  /** Dotted origin of a name whose use needs the package. */
  readonly uses: RegExp;
  readonly when?: (index: PackageIndex) => boolean;
  /** Only where a route of the same file takes it. */
  readonly inRoutes?: boolean;
  /** Another distribution that is taken for it, and what is said where that one is there. */
  readonly mistaken?: { readonly distribution: string; readonly message: string };
}

const FEATURES: readonly Feature[] = [
  {
    distribution: 'email-validator', module: 'email_validator', by: 'pydantic/networks.py', uses: /^pydantic(?:\.networks)?\.(?:EmailStr|NameEmail)$/,
    says: { type: 'ImportError', message: "email-validator is not installed, run `pip install 'pydantic[email]'`" },
  },
  {
    distribution: 'python-multipart', module: 'python_multipart', by: 'fastapi/dependencies/utils.py', inRoutes: true,
    uses: /^fastapi(?:\.\w+)*\.(?:Form|File|UploadFile|OAuth2PasswordRequestForm|OAuth2PasswordRequestFormStrict)$/,
    says: { type: 'RuntimeError', message: 'Form data requires "python-multipart" to be installed.' },
    mistaken: { distribution: 'multipart', message: 'Form data requires "python-multipart" to be installed. It seems you installed "multipart" instead.' },
  },
  {
    distribution: 'jinja2', module: 'jinja2', by: 'starlette/templating.py', uses: /^(?:fastapi|starlette)\.templating\.Jinja2Templates$/,
    says: { type: 'ImportError', message: 'jinja2 must be installed to use Jinja2Templates' },
  },
  {
    distribution: 'itsdangerous', module: 'itsdangerous', by: 'starlette/middleware/sessions.py', uses: /^starlette\.middleware\.sessions\.SessionMiddleware$/,
    says: { type: 'ModuleNotFoundError', message: "No module named 'itsdangerous'" },
  },
  {
    distribution: 'greenlet', module: 'greenlet', by: 'sqlalchemy/ext/asyncio/__init__.py', uses: /^(?:sqlalchemy|sqlmodel)\.ext\.asyncio(?:\.\w+)*\.\w+$/,
    says: { type: 'ImportError', message: "The SQLAlchemy asyncio module requires that the Python 'greenlet' library is installed." },
    when: (index) => { const [major, minor] = versionOf(index, 'sqlalchemy') ?? [0, 0]; return major > 2 || (major === 2 && minor >= 1); },
  },
];

/** Releases that install on a newer Python and fail while they are imported: seen in real boots, and told by the version alone. */
const CRASHES: readonly { readonly distribution: string; readonly from: string; readonly below: string; readonly python: number; readonly imports: readonly string[]; readonly says: Pick<Raised, 'type' | 'message'>; readonly by: string }[] = [
  {
    distribution: 'sqlalchemy', from: '2.0.0', below: '2.0.31', python: 13, imports: ['sqlalchemy', 'sqlmodel'], by: 'sqlalchemy/util/langhelpers.py',
    says: { type: 'AssertionError', message: "Class <class 'sqlalchemy.sql.elements.SQLCoreOperations'> directly inherits TypingOnly but has additional attributes {'__firstlineno__', '__static_attributes__'}." },
  },
  // FastAPI's own models are the first that pydantic 1 cannot read.
  { distribution: 'pydantic', from: '1.0', below: '1.10.20', python: 14, imports: ['fastapi'], by: 'pydantic/fields.py', says: { type: 'pydantic.errors.ConfigError', message: 'unable to infer type for attribute "name"' } },
];

export const foreseePackages: Foresight = (source, index) => [...failingBuilds(index), ...crashing(source, index), ...missingFeatures(source, index)];

function crashing(source: Source, index: PackageIndex): readonly ForeseenFault[] {
  return CRASHES.flatMap(({ distribution, from, below, python, imports, says, by }): readonly ForeseenFault[] => {
    const version = index.distributions.find(({ name }) => normaliseName(name) === distribution)?.version ?? '';
    const used = loadedImports(source).find(({ module }) => imports.includes(module.split('.')[0] ?? ''));
    if (used === undefined || Number(index.python.split('.')[1]) < python || valid(version) === null || compare(version, from) < 0 || compare(version, below) >= 0) return [];
    return [{ stage: 'import', fault: exceptionFault({ ...says, frames: [treeFrame(source, used.file, used.line), packageFrame(by, '__init__')] }) }];
  });
}

/** One fault for each package, in the installer's way of saying it. */
function failingBuilds(index: PackageIndex): readonly ForeseenFault[] {
  return (index.unbuildable ?? []).map(({ name, version, part }) => {
    const reason = `no wheel of ${part ?? 'it'} was built for Python ${index.python}, and its source does not build on it`;
    const text = `Failed to build ${name}==${version}: ${reason}`;
    return { stage: 'install', fault: { form: 'install', during: 'install', chain: [], validation: [], summary: text, text, from: -1, to: -1, install: { problem: 'build', package: name, version, reason, ...(part === undefined ? {} : { part }) } } };
  });
}

function missingFeatures(source: Source, index: PackageIndex): readonly ForeseenFault[] {
  return FEATURES.filter(({ distribution, module, when }) => isAbsent(index, distribution, module) && (when?.(index) ?? true)).flatMap((feature) => {
    const found = firstUse(feature, source);
    const { mistaken } = feature;
    const wrong = mistaken !== undefined && index.distributions.some(({ name }) => normaliseName(name) === mistaken.distribution);
    return found === undefined ? [] : [asFault(wrong ? { ...feature, says: { ...feature.says, message: mistaken.message } } : feature, found, source)];
  });
}

interface Use {
  readonly file: SourceFile;
  readonly line: number;
}

function firstUse({ uses, inRoutes }: Feature, source: Source): Use | undefined {
  for (const path of loadedFiles(source)) {
    const file = source.files.get(path);
    if (file === undefined || (inRoutes === true && !/^@\w[\w.]*\.(?:get|post|put|patch|delete|api_route)\(/m.test(file.text))) continue;
    for (const [local, origin] of importedNames(file)) {
      if (!uses.test(origin)) continue;
      const line = file.text.split('\n').findIndex((text) => new RegExp(`\\b${local}\\b`).test(text) && !/^\s*(?:from|import)\b|^\s*#/.test(text) && (inRoutes !== true || /[:(=,]/.test(text)));
      if (line !== -1) return { file, line: line + 1 };
    }
  }
  return undefined;
}

function asFault({ says, by }: Feature, { file, line }: Use, source: Source): ForeseenFault {
  return { stage: 'import', fault: exceptionFault({ ...says, frames: [treeFrame(source, file.path, line), packageFrame(by, '<module>')] }) };
}
