/**
 * Ways to break a healthy backend, each with what is known of it by construction. They work on lines, with patterns of their own, and
 * share nothing with what finds and heals the faults.
 */

/** A backend as text: path relative to its root → content. */
export type Tree = ReadonlyMap<string, string>;

/** One way to break one place. */
export interface Mutant {
  readonly operator: string;
  /** What was done, for a reader: `src/main.py:4 Router → Roter`. */
  readonly what: string;
  readonly file: string;
  readonly line: number;
  /** `null` deletes the file. */
  readonly text: string | null;
  /** Another place where the fault may as well be seen or mended. */
  readonly also: readonly string[];
  /** False: nothing in the tree says what was there, so nobody can mend it and a right answer is "unresolved". */
  readonly healable: boolean;
}

interface Site {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

type Operator = (tree: Tree) => Mutant[];

function sites(tree: Tree, files: RegExp, lines: RegExp): Site[] {
  return [...tree].flatMap(([file, text]) => (files.test(file)
    ? text.split('\n').flatMap((line, at) => (lines.test(line) ? [{ file, line: at + 1, text: line }] : []))
    : []));
}

/** Replaces one line; an empty list of lines removes it. */
function relined(tree: Tree, { file, line }: Site, lines: readonly string[]): string {
  return (tree.get(file) ?? '').split('\n').toSpliced(line - 1, 1, ...lines).join('\n');
}

interface Change {
  readonly operator: string;
  readonly lines: readonly string[];
  readonly also?: readonly string[];
  readonly healable?: boolean;
}

function change(tree: Tree, site: Site, { operator, lines, also = [], healable = true }: Change): Mutant {
  return {
    operator, what: `${site.file}:${site.line} ${site.text.trim()} → ${lines.map((line) => line.trim()).join(' ⏎ ') || '(removed)'}`,
    file: site.file, line: site.line, text: relined(tree, site, lines), also, healable,
  };
}

const PY = /\.py$/;
const MANIFEST = /(?:^|\/)requirements[^/]*\.txt$/;
/** Two letters change places, as when typing fast. */
const misspell = (name: string): string => `${name.slice(0, 1)}${name.slice(2, 3)}${name.slice(1, 2)}${name.slice(3)}`;
const longEnough = (name: string): boolean => name.length >= 5 && name[1] !== name[2];

/** `from a.b import C, D` */
const FROM = /^(?<head>from (?<module>[\w.]+) import )(?<names>\w+(?:, \w+)*)$/;

function firstParty(tree: Tree, module: string): boolean {
  const top = module.replace(/^\.+/, '').split('.')[0] ?? '';
  return module.startsWith('.') || [...tree.keys()].some((file) => file === `${top}.py` || file.endsWith(`/${top}.py`) || file.includes(`${top}/`));
}

const fromImports = (tree: Tree, ours: boolean) => sites(tree, PY, FROM).flatMap((site) => {
  const { head = '', module = '', names = '' } = FROM.exec(site.text)?.groups ?? {};
  return firstParty(tree, module) === ours && module !== '__future__' ? [{ site, head, module, names: names.split(', ') }] : [];
});

function misspeltName(ours: boolean): Operator {
  return (tree) => fromImports(tree, ours).flatMap(({ site, head, names }) => names.filter(longEnough).map((name) =>
    change(tree, site, { operator: ours ? 'misspell-own-name' : 'misspell-package-name', lines: [head + names.map((each) => (each === name ? `${misspell(name)} as ${name}` : each)).join(', ')] })));
}

const misspellModule: Operator = (tree) => fromImports(tree, true).flatMap(({ site, module }) => {
  const last = module.split('.').at(-1) ?? '';
  return longEnough(last) ? [change(tree, site, { operator: 'misspell-own-module', lines: [site.text.replace(module, module.replace(/\w+$/, misspell(last)))] })] : [];
});

const wrongCase: Operator = (tree) => fromImports(tree, false).flatMap(({ site, head, names }) => names.filter((name) => /[a-z]/.test(name) && name !== name.toLowerCase()).map((name) =>
  change(tree, site, { operator: 'wrong-case', lines: [head + names.map((each) => (each === name ? `${name.toLowerCase()} as ${name}` : each)).join(', ')] })));

const removeImport: Operator = (tree) => sites(tree, PY, /^(?:from [\w.]+ import \w+(?:, \w+)*|import \w+)$/).filter(({ text }) => !text.includes('__future__'))
  .map((site) => change(tree, site, { operator: 'remove-import', lines: [] }));

const removeRequirement: Operator = (tree) => sites(tree, MANIFEST, /^[\w[\],.-]+\s*[><=~!]/).filter(({ text }) => !text.startsWith('uvicorn'))
  .map((site) => change(tree, site, { operator: 'remove-requirement', lines: [] }));

const impossiblePin: Operator = (tree) => sites(tree, MANIFEST, /^[\w[\],-]+>=[\d.]+/)
  .map((site) => change(tree, site, { operator: 'impossible-pin', lines: [site.text.replace(/>=.*/, '==0.0.0.1')] }));

const renameDefinition: Operator = (tree) => sites(tree, PY, /^(?:async )?def \w{5,}\(|^class \w{5,}[(:]/).flatMap((site) => {
  const name = /(?:def|class) (?<name>\w+)/.exec(site.text)?.groups?.['name'] ?? '';
  const users = [...tree].flatMap(([file, text]) => (file !== site.file && new RegExp(`import .*\\b${name}\\b`).test(text) ? [file] : []));
  return users.length > 0 ? [change(tree, site, { operator: 'rename-definition', lines: [site.text.replace(name, `${name}_v2`.replace(/([A-Z]\w*)_v2/, '$1V2'))], also: users })] : [];
});

const removeColon: Operator = (tree) => sites(tree, PY, /^(?:async )?(?:def|class) .*:$/)
  .map((site) => change(tree, site, { operator: 'remove-colon', lines: [site.text.slice(0, -1)] }));

const removeBracket: Operator = (tree) => sites(tree, PY, /^\w+ = [\w.]+\(.*\)$/)
  .map((site) => change(tree, site, { operator: 'remove-bracket', lines: [site.text.slice(0, -1)] }));

const unsetVariable: Operator = (tree) => sites(tree, /(?:^|\/)\.env$/, /^\w+=/)
  .map((site) => change(tree, site, { operator: 'unset-variable', lines: [] }));

const wrongValue: Operator = (tree) => sites(tree, /(?:^|\/)\.env$/, /^\w+=\d+$/)
  .map((site) => change(tree, site, { operator: 'wrong-value', lines: [site.text.replace(/\d+$/, 'many')] }));

const swapDriver: Operator = (tree) => sites(tree, /\.(?:py|env|yml)$/, /postgresql\+(?:asyncpg|psycopg)\b/).flatMap((site) => [
  change(tree, site, { operator: 'url-without-driver', lines: [site.text.replace(/postgresql\+\w+/, 'postgresql')] }),
  change(tree, site, { operator: 'url-other-driver', lines: [site.text.replace(/postgresql\+\w+/, 'postgresql+psycopg2')] }),
  change(tree, site, { operator: 'url-old-scheme', lines: [site.text.replace(/postgresql\+\w+/, 'postgres')] }),
]);

const syncEngine: Operator = (tree) => [...tree].flatMap(([file, text]) => {
  if (!PY.test(file) || !text.includes('create_async_engine')) return [];
  const line = text.split('\n').findIndex((each) => each.includes('create_async_engine(')) + 1;
  return [{
    operator: 'sync-engine', what: `${file}:${line} create_async_engine → create_engine`, file, line,
    text: text.replaceAll('create_async_engine', 'create_engine').replace(/^(from sqlalchemy\.ext\.asyncio import .*)\bcreate_engine\b,? ?(.*)$/m, 'from sqlalchemy import create_engine\n$1$2').replace(/, $/m, ''),
    also: [], healable: true,
  }];
});

const syncSessions: Operator = (tree) => [...tree].flatMap(([file, text]) => {
  if (!PY.test(file) || !/async_sessionmaker\(/.test(text)) return [];
  const line = text.split('\n').findIndex((each) => each.includes('async_sessionmaker(')) + 1;
  return [{
    operator: 'sync-sessions', what: `${file}:${line} async_sessionmaker → sessionmaker`, file, line,
    text: `from sqlalchemy.orm import sessionmaker\n${text.replace(/\basync_sessionmaker\(/, 'sessionmaker(').replace(/, class_=AsyncSession/, '')}`,
    also: [], healable: true,
  }];
});

const forgottenText: Operator = (tree) => sites(tree, PY, /\.execute\(text\(/)
  .map((site) => change(tree, site, { operator: 'text-forgotten', lines: [site.text.replace(/text\((".*?")\)/, '$1')] }));

const forgottenAwait: Operator = (tree) => sites(tree, PY, /^\s+await \w[\w.]*\.(?:execute|connect|commit)\(/)
  .map((site) => change(tree, site, { operator: 'await-forgotten', lines: [site.text.replace('await ', '')], healable: false }));

const cycle: Operator = (tree) => fromImports(tree, true).flatMap(({ site, module }) => {
  const target = `${module.replaceAll('.', '/')}.py`;
  const own = site.file.replace(/\.py$/, '').replaceAll('/', '.');
  const defined = /^(?:async )?(?:def|class) (?<name>\w+)|^(?<variable>\w+) = /m.exec(tree.get(site.file) ?? '')?.groups;
  const name = defined?.['name'] ?? defined?.['variable'];
  const text = tree.get(target);
  if (text === undefined || name === undefined || module.startsWith('.') || site.file.endsWith('__init__.py')) return [];
  return [{ operator: 'import-cycle', what: `${target}:1 imports ${name} from ${own}, which imports it`, file: target, line: 1, text: `from ${own} import ${name} as _back\n${text}`, also: [site.file], healable: true }];
});

const deleteModule: Operator = (tree) => [...tree.keys()].filter((file) => PY.test(file) && !file.endsWith('__init__.py')).flatMap((file) => {
  const module = file.replace(/\.py$/, '').replaceAll('/', '.');
  const users = [...tree].flatMap(([user, text]) => (text.includes(`from ${module} import`) ? [user] : []));
  return users.length === 0 ? [] : [{ operator: 'delete-module', what: `${file} is gone`, file, line: 1, text: null, also: users, healable: false }];
});

const deliberate: Operator = (tree) => sites(tree, PY, /^\w+ = (?:FastAPI|Starlette|Litestar|Quart)\(/)
  .map((site) => change(tree, site, { operator: 'deliberate-raise', lines: [site.text, 'raise RuntimeError("The licence of this service has ended.")'], healable: false }));

const unknownVariable: Operator = (tree) => sites(tree, PY, /^\w+ = (?:FastAPI|Starlette|Quart)\(/)
  .map((site) => change(tree, site, { operator: 'undefined-name', lines: [site.text, 'print(feature_switches)'], healable: false }));

/** Every operator of every family. */
export const operators: readonly Operator[] = [
  misspeltName(true), misspeltName(false), misspellModule, wrongCase, removeImport, removeRequirement, impossiblePin, renameDefinition, removeColon,
  removeBracket, unsetVariable, wrongValue, swapDriver, syncEngine, syncSessions, forgottenText, forgottenAwait, cycle, deleteModule, deliberate,
  unknownVariable,
];
