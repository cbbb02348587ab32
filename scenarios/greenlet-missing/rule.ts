import { replaceRequirement } from '../../source/manifest.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { addDistribution, declared, manifestOf } from '../mechanisms/distributions.ts';
import { raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'greenlet-missing';

/**
 * 2.1: `The SQLAlchemy asyncio module requires that the Python 'greenlet' library is installed.`
 * 2.0: `the greenlet library is required to use this function. No module named 'greenlet'`
 */
const NO_GREENLET = /requires that the Python 'greenlet' library is installed|^the greenlet library is required to use this function/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: "SQLAlchemy's asyncio half is used without greenlet, which it runs on.",
  table: 'the extra of SQLAlchemy',
  refines: ['third-party-module-not-found'],
  detect: (evidence, source, index) => raised(evidence, ['ImportError', 'ValueError'], NO_GREENLET).map(({ at }): Finding => ({
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifestOf(source),
    ...lineOf(source), facts: { distribution: 'greenlet' },
    what: "The code uses SQLAlchemy's asyncio half, and greenlet, on which it runs, is not installed.",
    why: 'SQLAlchemy 2.1 no longer installs greenlet by itself, and some 2.0 releases skip it on newer Pythons; the extra sqlalchemy[asyncio] brings it.',
    todo: `Write sqlalchemy[asyncio] instead of sqlalchemy in ${manifestOf(source)}.`,
    candidates: candidates(source, index), explains: [at],
  })),
};

function lineOf(source: Source): { readonly line?: number } {
  const line = declared(source, 'sqlalchemy')?.line;
  return line === undefined ? {} : { line };
}

function candidates(source: Source, index: PackageIndex): readonly Fix[] {
  const sqlalchemy = declared(source, 'sqlalchemy');
  const extra = sqlalchemy === undefined || sqlalchemy.extras.includes('asyncio') ? [] : fixOf({
    title: 'Require sqlalchemy with its asyncio extra', safety: 'safe',
    edits: replaceRequirement(source, 'sqlalchemy', `sqlalchemy[${[...sqlalchemy.extras, 'asyncio'].join(',')}]${sqlalchemy.specifier}`),
    explanation: "The extra asyncio is SQLAlchemy's own way to bring greenlet; version and everything else stay as they are.",
  });
  return [...extra, ...fixOf({
    title: `Add greenlet to ${manifestOf(source)}`, safety: 'safe', edits: addDistribution(source, index, 'greenlet'),
    explanation: "greenlet is what SQLAlchemy's asyncio half runs on.",
  })];
}
