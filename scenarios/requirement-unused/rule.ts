import { declaredRequirements, normaliseName } from '../../source/manifest.ts';
import type { DeclaredRequirement } from '../../source/manifest.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { driverNamed } from '../mechanisms/drivers.ts';
import { requirementName } from '../mechanisms/names.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'requirement-unused';

/** Started from the command line, and imported by nobody. */
const COMMANDS = /^(?:uvicorn|gunicorn|hypercorn|granian|daphne|alembic|celery|flower|ruff|black|isort|mypy|pytest[\w-]*|pre-commit|coverage|httpie|ipython|debugpy|watchfiles|fastapi-cli|uvloop|httptools|greenlet|tzdata|httpx|setuptools|pip|wheel|python-dotenv|cryptography|types-[\w-]+)$/;

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'LOW',
  title: 'A package is required and nothing in the tree uses it.',
  detect: () => [],
  scan: (source, index) => (isFrozen(source) ? [] : declaredRequirements(source)).filter((requirement) => requirement.main && isUnused(requirement, source, index)).map((requirement): Finding => ({
    kind, stage: 'install', severity: 'LOW', category: 'DEPENDENCY', file: requirement.file, line: requirement.line, facts: { distribution: requirement.name },
    what: `${requirement.file} requires ${requirement.name}, and no file of the tree imports or names it.`,
    why: 'A package that nobody uses is installed, updated and checked for nothing, and can stand in the way of others.',
    todo: `Remove ${requirement.name} from ${requirement.file}, unless something outside of the tree needs it.`,
    candidates: [],
  })),
};

/** The output of `pip freeze` names what others bring, and nobody chose it. */
function isFrozen(source: Source): boolean {
  const all = declaredRequirements(source).filter(({ main }) => main);
  return all.length > 20 && all.filter(({ specifier }) => specifier.startsWith('==')).length > all.length * 0.8;
}

/** Only packages whose modules are known, whose name occurs nowhere else, and that no other package could be looking for. */
function isUnused({ name }: DeclaredRequirement, source: Source, index: PackageIndex): boolean {
  const own = index.distributions.find((distribution) => normaliseName(distribution.name) === name);
  if (own === undefined || own.modules.length === 0 || COMMANDS.test(name) || index.foreseen?.unknown.includes(name) === true) return false;
  // A frozen environment lists what others bring; drivers and optional halves are loaded by name.
  const wanted = index.distributions.some((distribution) => distribution !== own && distribution.requires.some((line) => requirementName(line) === name));
  if (wanted || own.modules.some((module) => driverNamed(module) !== undefined) || /plugin|pytest|multipart|validator|instrumentation/.test(name)) return false;
  const words = new RegExp(`\\b(?:${[...own.modules, name, name.replaceAll('-', '_')].map((word) => word.replace(/[^\w-]/g, '')).join('|')})\\b`, 'i');
  return ![...source.files.values()].some(({ path, text }) => !/(?:^|\/)(?:requirements[\w.-]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile|[\w-]+\.lock)$|\.md$|\.rst$/.test(path) && words.test(text));
}
