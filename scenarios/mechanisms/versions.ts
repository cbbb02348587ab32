/**
 * Versions as candidates. What to ask the resolver is decided here, and its answers become edits of the manifest; which versions there are, and
 * which go together, uv alone says.
 *
 * Order of the candidates. What does not install: the lowest versions that do; the newest of the same major; the newest. What crashes: the suspects
 * (innermost package first) raised to the newest of the same minor, of the same major, of all; then capped below the present minor, below the
 * present major; then at what they were on the day of the last commit. Limits: three suspects, `MOST` candidates.
 */
import type { Evidence } from '../../parsers/evidence.ts';
import { applyEdits, editsBetween } from '../../source/edits.ts';
import { declaredRequirements, normaliseName, removeRequirement } from '../../source/manifest.ts';
import { withFiles } from '../../source/read.ts';
import { boundsOf } from '../../source/version-bounds.ts';
import { capRequirement, moveRequirement } from '../../source/version-edits.ts';
import type { Edit, PackageIndex, Resolution, Source, VersionQuestion } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import { crashesIn, suspectsOf } from './crashes.ts';
import { declared, manifestOf, providerOf } from './distributions.ts';
import { isTreeModule, missingModules } from './modules.ts';
import { topLevel } from './names.ts';
import { isRemoved } from './removed-names.ts';
import { fixOf, list } from './words.ts';

const MOST = 10;
/** Problems of an installer that other versions may solve. */
const ABOUT_VERSIONS = new Set(['no-version', 'conflict', 'no-wheel', 'requires-python', 'build']);

/**
 * What the resolver should be asked after this boot; undefined when versions are not the matter, or something better is known already.
 * @param findings of the same boot, without the resolver's answers
 * @param lastChange day of the tree's last commit, as an ISO time
 */
export function versionQuestion(
  evidence: Evidence, source: Source, index: PackageIndex, findings: readonly Finding[], lastChange?: string,
): VersionQuestion | undefined {
  if (evidence.stage === 'install') {
    const facts = evidence.faults.flatMap(({ install }) => install ?? []);
    const failed = facts.flatMap(({ problem, package: name }) => (problem === 'build' && name !== undefined ? [normaliseName(name)] : []));
    return facts.some(({ problem }) => ABOUT_VERSIONS.has(problem)) ? { goal: 'install', ...boundsOf(source), suspects: [], failed } : undefined;
  }
  const guesses = guessedNames(evidence, source, index);
  if (guesses.length > 0) return { goal: 'exist', bounds: [], free: [], constraints: [], suspects: [], names: guesses, ...(lastChange === undefined ? {} : { before: lastChange }) };
  // A module that Python removed may be needed by an old package only.
  if (findings.some((finding) => finding.candidates.length > 0 && !finding.kind.startsWith('removed-'))) return undefined;
  const [crash] = crashesIn(evidence, index);
  if (crash === undefined) return undefined;
  const suspects = suspectsOf(crash, index).filter(({ name }) => !broughtAlong(name, source)).slice(0, 3).map(({ name, version }) => ({ name: normaliseName(name), version }));
  return suspects.length === 0 ? undefined : { goal: 'run', ...boundsOf(source), suspects, ...(lastChange === undefined ? {} : { before: lastChange }) };
}

/** The sandbox adds a server in its newest version where nothing asks for one: no manifest could name another. */
function broughtAlong(name: string, source: Source): boolean {
  return normaliseName(name) === 'uvicorn' && declared(source, name) === undefined && !source.install.files.some((file) => (source.files.get(file)?.text ?? '').includes('uvicorn'));
}

/** Distributions that missing modules may come from, as far as only their name says so. */
function guessedNames(evidence: Evidence, source: Source, index: PackageIndex): readonly string[] {
  const missing = missingModules(evidence).filter(({ module }) => !isTreeModule(module, source) && !index.stdlib.includes(topLevel(module)) && !isRemoved(module));
  return [...new Set(missing.map(({ module }) => providerOf(module, index)).filter(({ known }) => known === 'same-name').map(({ distribution }) => distribution))];
}

/** The moves that make everything install, as candidates. */
export function installFixes(source: Source, index: PackageIndex): readonly Fix[] {
  return distinct((index.resolutions ?? []).filter(({ goal }) => goal === 'install').flatMap((answer) => moveFix(source, answer, 'has a build for this Python, and goes together with the rest')));
}

/** Other versions of the packages that a crash went through. */
export function crashFixes(source: Source, index: PackageIndex): readonly Fix[] {
  const answers = index.resolutions ?? [];
  const raised = answers.filter(({ goal }) => goal === 'raise').flatMap((answer) => moveFix(source, answer, 'is newer than the one that crashes').map((fix) => ({ ...fix, ...releaseOf(answer, true) })));
  const lowered = answers.filter(({ goal }) => goal === 'lower').flatMap((answer) => capFix(source, answer));
  return distinct([...raised, ...lowered, ...datedFixes(source, index)]).slice(0, MOST);
}

function releaseOf({ about, version }: Resolution, newer: boolean): Pick<Fix, 'release'> {
  return about === undefined || version === undefined ? {} : { release: { name: about, version, newer } };
}

/** Each change once; all but the first are further forms of one cure. */
function distinct(fixes: readonly Fix[]): readonly Fix[] {
  const once = [...new Map(fixes.map((fix) => [JSON.stringify(fix.edits), fix])).values()];
  return once.map((fix, at) => (at === 0 ? fix : { ...fix, spare: true }));
}

function moveFix(source: Source, { moves, about, drops: left = [] }: Resolution, why: string): readonly Fix[] {
  // What only a lock file names goes with the versions that wanted it.
  const drops = left.filter((name) => declared(source, name) !== undefined);
  const { edits, made } = moveEdits(source, moves, drops);
  const shown = about === undefined ? made : made.toSorted((a, b) => Number(b.name === about) - Number(a.name === about));
  const names = shown.map(({ name, to }) => `${name} ${to}`);
  const few = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
  const steps = [...(few.length === 0 ? [] : [`${about === undefined ? 'move to' : 'raise to'} ${list(few)}`]), ...(drops.length === 0 ? [] : [`leave out ${list(drops)}`])].join(', and ');
  const moved = names.length === 0 ? '' : `${names.length === 1 ? 'This version' : `Each of these versions (${names.join(', ')})`} ${why}. `;
  return fixOf({
    title: `${steps.slice(0, 1).toUpperCase()}${steps.slice(1)} in ${manifestOf(source)}`,
    safety: drops.length > 0 || made.some((move) => crossesMajor(source, move)) ? 'likely' : 'safe', edits,
    explanation: `${moved}${dropped(drops)}Every other requirement stays as it is.${relock(source, moves.map(({ name }) => name))}`,
  });
}

function dropped(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `No version of ${list(names)} can be built for this Python; the backend imports nothing of that name, and the packages that ${names.length === 1 ? 'it was' : 'they were'} there for come without. `;
}

/** The lock file that a changed manifest leaves behind, and the command that makes it fit again. */
export function relock(source: Source, names: readonly string[] = []): string {
  const lock = source.install.files.find((file) => /(?:\.lock|\.lock\.json)$/.test(file));
  if (lock === undefined) return '';
  const each = names.join(' ');
  const command = lock.endsWith('uv.lock') ? `uv lock ${names.map((name) => `-P ${name}`).join(' ')}`
    : `${lock.endsWith('pdm.lock') ? 'pdm' : lock.endsWith('Pipfile.lock') ? 'pipenv' : 'poetry'} update ${each}`;
  return ` Then run \`${command.trimEnd()}\`, so that ${lock} fits again.`;
}

/** A new major may want the code to follow; a person should look at it. */
function crossesMajor(source: Source, move: { readonly name: string; readonly to: string }): boolean {
  const exact = boundsOf(source).bounds.find((bound) => bound.name === move.name)?.exact;
  return exact === undefined || exact.split('.')[0] !== move.to.split('.')[0];
}

/**
 * Declared requirements are moved where they stand. With a lock file, what they bring follows them; what is locked and still in the way gets a line
 * of its own.
 */
function moveEdits(source: Source, moves: Resolution['moves'], drops: readonly string[]): { readonly edits: readonly Edit[]; readonly made: Resolution['moves'] } {
  let now = drops.reduce((tree, name) => withFiles(tree, applyEdits(tree.files, removeRequirement(tree, name))), source);
  const made: Resolution['moves'][number][] = [];
  // Declared ones first: once the manifest no longer fits its lock, what they bring is free.
  const own = new Set(declaredRequirements(source).map((each) => each.name));
  for (const { name, to } of moves.toSorted((a, b) => Number(own.has(b.name)) - Number(own.has(a.name)))) {
    const isLocked = now.install.requirements.some((line) => normaliseName(/^[\w.-]+/.exec(line)?.[0] ?? '') === name);
    if (source.install.requirements.length > 0 && !isLocked) continue;
    const edits = moveRequirement(now, name, to);
    if (edits.length === 0) continue;
    now = withFiles(now, applyEdits(now.files, edits));
    made.push({ name, to });
  }
  return { edits: changed(source, now), made };
}

function changed(before: Source, after: Source): readonly Edit[] {
  return [...after.files.values()].flatMap((file) => {
    const old = before.files.get(file.path);
    if (old === file) return [];
    return old === undefined ? [{ file: file.path, old: '', new: file.text, at: 0 }] : editsBetween(file.path, old.text, file.text);
  });
}

function capFix(source: Source, answer: Resolution): readonly Fix[] {
  const { about, cap, version } = answer;
  if (about === undefined || cap === undefined) return [];
  return fixOf({
    title: `Keep ${about} below ${cap} in ${manifestOf(source)}`, safety: 'likely', edits: capRequirement(source, about, cap),
    explanation: `The newest ${about} is not what this code, or another package of it, was written for; ${version ?? 'the one before'} is the newest below ${cap}.`,
  }).map((fix) => ({ ...fix, ...releaseOf(answer, false) }));
}

/** One suspect at a time kept below the minor after the one it had on that day. */
function datedFixes(source: Source, index: PackageIndex): readonly Fix[] {
  const then = (index.resolutions ?? []).find(({ goal }) => goal === 'dated');
  const suspects = new Set((index.resolutions ?? []).flatMap(({ about }) => about ?? []));
  return (then?.moves ?? []).filter(({ name, to }) => suspects.has(name) && isOlder(to, installed(name, index))).flatMap(({ name, to }) => {
    const [major = '0', minor = '0'] = to.split('.');
    return capFix(source, { goal: 'lower', step: 'whole', moves: [], about: name, cap: `${major}.${Number.parseInt(minor, 10) + 1}`, version: to });
  });
}

function installed(name: string, index: PackageIndex): string {
  return index.distributions.find((distribution) => normaliseName(distribution.name) === name)?.version ?? '';
}

function isOlder(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (const [at, part] of (left ?? []).entries()) if (part !== (right?.[at] ?? 0)) return part < (right?.[at] ?? 0);
  return false;
}
