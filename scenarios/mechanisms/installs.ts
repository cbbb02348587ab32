/** Findings about packages that do not install: the shared half of the kinds that tell the reasons apart. */
import type { Evidence, Fault, InstallFacts } from '../../parsers/evidence.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding } from '../types.ts';
import { declared, manifestOf } from './distributions.ts';
import { installFixes, relock } from './versions.ts';
import { firstLine, list } from './words.ts';

/** `Because better-authh was not found in the package registry …` */
const NOWHERE = /was not found in (?:the package registry|the provided package locations)/;

/** The index knows no package of that name at all. */
export function isUnknown(facts: InstallFacts, fault: Fault): boolean {
  return facts.problem === 'no-version' && NOWHERE.test(fault.text);
}

export interface InstallWords {
  readonly what: (name: string, python: string, facts: InstallFacts) => string;
  readonly why: (name: string, facts: InstallFacts, python: string) => string;
  readonly todo: (name: string, manifest: string) => string;
}

/** One finding for the first fault that `mine` accepts. The installer names one failing package of many, so the candidates treat all at once. */
export function installFindings(
  kind: string, mine: (facts: InstallFacts, fault: Fault) => boolean, words: InstallWords, evidence: Evidence, source: Source, index: PackageIndex,
): Finding[] {
  if (evidence.stage !== 'install') return [];
  const at = evidence.faults.findIndex((fault) => fault.install !== undefined && mine(fault.install, fault));
  const facts = evidence.faults[at]?.install;
  if (facts === undefined) return [];
  const name = facts.package === undefined ? '' : normaliseName(facts.package);
  const python = index.python.split('.').slice(0, 2).join('.');
  const manifest = manifestOf(source);
  const shown = facts.version === undefined ? name : `${name} ${facts.version}`;
  const moving = (index.resolutions ?? []).find(({ goal, moves }) => goal === 'install' && moves.length > 0)?.moves.map((move) => move.name) ?? [];
  const here = [name, ...moving].map((each) => (each === '' ? undefined : declared(source, each))).find((each) => each !== undefined);
  const others = moving.filter((each) => each !== name);
  const more = others.length === 0 ? '' : ` The same run would stop at ${list(others)} too: all of them are moved at once.`;
  return [{
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: here?.file ?? manifest, ...(here === undefined ? {} : { line: here.line }),
    facts: { package: name },
    what: words.what(shown === '' ? `What ${manifest} names` : shown, python, facts),
    why: `${words.why(shown === '' ? 'a package' : shown, facts, python)}${more}`,
    todo: `${words.todo(name === '' ? 'the package' : name, manifest)}${relock(source)}`,
    candidates: installFixes(source, index),
    explains: evidence.faults.flatMap((fault, index_) => (fault.form === 'install' ? [index_] : [])),
  }];
}

/** The installer's reason as half a sentence. */
export function reasonOf(facts: InstallFacts): string {
  return firstLine(facts.reason, 240);
}
