/** Findings about packages that crash in the version that is installed. */
import { satisfies } from '@renovatebot/pep440';
import type { ExceptionInfo } from '../../parsers/evidence.ts';
import { normaliseName } from '../../source/manifest.ts';
import { moveRequirement } from '../../source/version-edits.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import type { Crash } from './crashes.ts';
import { declared, manifestOf } from './distributions.ts';
import { crashFixes, relock } from './versions.ts';
import { firstLine, fixOf, steady } from './words.ts';

/** One finding at the place where the package is declared. Without another version to try, only for a crash of a plain import. */
export function crashFinding(kind: string, crash: Crash, source: Source, index: PackageIndex): Finding[] {
  const [owner] = crash.owners;
  const candidates = [...statedFixes(crash.exception, source, index), ...crashFixes(source, index)];
  if (owner === undefined || (candidates.length === 0 && !crash.importing)) return [];
  const name = normaliseName(owner.name);
  const manifest = manifestOf(source);
  const here = declared(source, name);
  const python = index.python.split('.').slice(0, 2).join('.');
  const said = firstLine(`${crash.exception.type}: ${crash.exception.message}`);
  return [{
    kind, stage: 'import', severity: 'CRITICAL', category: 'DEPENDENCY', file: here?.file ?? manifest, ...(here === undefined ? {} : { line: here.line }),
    facts: { package: name, type: crash.exception.type, said: steady(crash.exception.message) },
    what: `${owner.name} ${owner.version} crashes${crash.importing ? ' while it is imported' : ''}: ${said}`,
    why: crash.importing
      ? `The backend only imports it; the crash lies in the package itself, which does not go together with Python ${python} or with another installed package.`
      : `The innermost code that ran is that of the package. Either it does not go together with Python ${python} or another installed package, or it was given something that it cannot take.`,
    todo: `Name a version of ${name} in ${manifest} that works on Python ${python}, or run the backend on an older Python (--python-fallback finds it).`,
    candidates, explains: [crash.at],
  }];
}

/** `email-validator version >= 2.0 required, run pip install -U email-validator` · `Please upgrade: requires bcrypt>=4.1` */
const STATED = /(?:^|\s|`)(?<name>[A-Za-z][\w.-]{1,60}?)(?: version)? ?(?:>=|==) ?(?<version>\d[\w.]*\d|\d)(?:[^.\n]{0,20}\b(?:required|needed)\b)|(?:requires?|needs?|upgrade to) (?:version of )?[`'"]?(?<other>[A-Za-z][\w.-]{1,60}?) ?>= ?(?<least>\d[\w.]*\d|\d)/i;

/** The message itself names the package and the version that it wants, and an older one is installed. */
export function statedFixes({ message }: Pick<ExceptionInfo, 'message'>, source: Source, index: PackageIndex): readonly Fix[] {
  const groups = STATED.exec(message.slice(0, 1_000))?.groups;
  const name = normaliseName(groups?.['name'] ?? groups?.['other'] ?? '');
  const version = groups?.['version'] ?? groups?.['least'];
  const present = index.distributions.find((distribution) => normaliseName(distribution.name) === name);
  if (version === undefined || present === undefined || satisfies(present.version, `>=${version}`)) return [];
  return fixOf({
    title: `Raise to ${name} ${version} in ${manifestOf(source)}`, safety: 'safe', edits: moveRequirement(source, name, version),
    explanation: `The message asks for it by name; ${present.version} is installed.${relock(source, [name])}`,
  });
}
