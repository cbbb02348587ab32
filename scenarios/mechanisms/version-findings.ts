/** Findings about packages that crash in the version that is installed. */
import { normaliseName } from '../../source/manifest.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding } from '../types.ts';
import type { Crash } from './crashes.ts';
import { declared, manifestOf } from './distributions.ts';
import { crashFixes } from './versions.ts';
import { firstLine, steady } from './words.ts';

/** One finding at the place where the package is declared. Without another version to try, only for a crash of a plain import. */
export function crashFinding(kind: string, crash: Crash, source: Source, index: PackageIndex): Finding[] {
  const [owner] = crash.owners;
  const candidates = crashFixes(source, index);
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
