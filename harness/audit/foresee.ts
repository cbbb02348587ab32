/** Which packages an installation would bring: from the lock file where there is one, else from what is declared and what is known of it. */
import { satisfies } from '@renovatebot/pep440';
import { declaredRequirements, normaliseName } from '../../source/manifest.ts';
import { readLock } from '../../source/lock-files.ts';
import { parseRequirement } from '../../source/requirement.ts';
import type { Distribution, Source } from '../../source/types.ts';
import type { PackageFacts } from './package-facts.ts';

export interface Foreseen {
  readonly distributions: readonly Distribution[];
  /** Declared or required, and nothing is known of them. */
  readonly unknown: readonly string[];
  readonly from: 'lock' | 'declared';
}

interface Wanted {
  readonly name: string;
  readonly extras: readonly string[];
}

/** Brought by boot-check itself when no manifest does. */
const SERVER: Wanted = { name: 'uvicorn', extras: [] };

export function foreseePackages(source: Source, facts: PackageFacts): Foreseen {
  return fromLock(source, facts) ?? fromDeclared(source, facts);
}

function fromLock(source: Source, facts: PackageFacts): Foreseen | undefined {
  const path = source.install.files.find((file) => /(?:uv|poetry|pdm)\.lock$|Pipfile\.lock$/.test(file));
  const text = path === undefined ? undefined : (source.files.get(path) ?? source.outside?.get(path))?.text;
  const locked = path === undefined || text === undefined ? undefined : readLock(path, text);
  if (locked === undefined || locked.length === 0 || source.install.policy === 'newest') return undefined;
  const own = locked.filter((one) => !one.local);
  const distributions = own.map(({ name, version, needs }): Distribution => ({ name, version, modules: modulesOf(name, facts), requires: needs.map((need) => need.name) }));
  return { distributions, unknown: own.filter(({ name }) => facts.distributions[name] === undefined).map(({ name }) => name), from: 'lock' };
}

function fromDeclared(source: Source, facts: PackageFacts): Foreseen {
  const declared = declaredRequirements(source).filter((requirement) => requirement.main || source.install.groups.includes(requirement.group ?? '') || source.install.extras.includes(requirement.group ?? ''));
  const listed = declared.length > 0 ? declared : source.install.requirements.flatMap((line) => parseRequirement(line) ?? []);
  const found = new Map<string, Distribution>();
  const unknown = new Set<string>();
  // Below a package that is pinned to another release than the measured one, versions are anybody's guess.
  const visit = ({ name, extras }: Wanted, sure = true): void => {
    const fact = facts.distributions[name];
    if (fact === undefined) {
      unknown.add(name);
      found.set(name, { name, version: '', modules: modulesOf(name, facts), requires: [] });
      return;
    }
    const before = found.get(name);
    const first = before === undefined;
    // One pinned parent is enough: it decides which release its requirement may be.
    if (before !== undefined && !sure && before.version === fact.version) found.set(name, { ...before, version: '' });
    const pinned = listed.find((one) => one.name === name)?.specifier ?? '';
    if (first) found.set(name, { name, version: pinnedVersion(pinned) ?? (sure && (pinned === '' || satisfies(fact.version, pinned)) ? fact.version : ''), modules: fact.modules, requires: fact.requires });
    for (const each of [...(first ? fact.requires : []), ...extras.flatMap((extra) => fact.extras[normaliseName(extra)] ?? [])]) visit(readWanted(each), sure && (pinned === '' || satisfies(fact.version, pinned)));
  };
  for (const one of listed) visit(one);
  visit(SERVER);
  return { distributions: [...found.values()], unknown: [...unknown], from: 'declared' };
}

/** `fastapi-cli[standard]` */
export function readWanted(text: string): Wanted {
  const [name = '', extras = ''] = text.replace(/\]$/, '').split('[');
  return { name: normaliseName(name), extras: extras.split(',').filter(Boolean) };
}

/** Of a package that nobody measured: what its name suggests, `frozen_dict` for `frozen-dict`, `docx` for `python-docx`. */
function modulesOf(name: string, facts: PackageFacts): readonly string[] {
  const plain = name.replaceAll('-', '_');
  return facts.distributions[name]?.modules ?? [plain, plain.replace(/^(?:python_|py_?)|_(?:python|py|binary)$/g, '')];
}

/** `==2.5.0` → `2.5.0` */
function pinnedVersion(specifier: string): string | undefined {
  return /^={2,3}(?<version>[\w.+!-]+)$/.exec(specifier)?.groups?.['version'];
}

/** The measured release is one that would be installed: its names may be asked. */
export function isAsMeasured(name: string, foreseen: Foreseen, source: Source, facts: PackageFacts): boolean {
  const fact = facts.distributions[name];
  const expected = foreseen.distributions.find((one) => one.name === name);
  if (fact === undefined || expected === undefined) return false;
  if (foreseen.from === 'lock') return series(expected.version) === series(fact.version);
  const specifier = declaredRequirements(source).find((one) => one.name === name)?.specifier ?? '';
  return specifier === '' || satisfies(fact.version, specifier);
}

/** Names come and go with these: `2.0` of 2.0.46, `0.0.31` of 0.0.31. */
function series(version: string): string {
  const parts = version.split('.');
  const significant = parts.findIndex((part) => part !== '0');
  return parts.slice(0, Math.max(2, significant + 1)).join('.');
}
