/** Edits that move one requirement to another version, in the words of the manifest: only the version changes, every other byte stays. */
import { satisfies } from '@renovatebot/pep440';
import { declaredRequirements } from './declared.ts';
import type { DeclaredRequirement } from './declared.ts';
import { addRequirement, withHashes } from './manifest-edits.ts';
import { normaliseName, poetrySpecifier } from './requirement.ts';
import { replaceSpan } from './splice.ts';
import type { Span } from './syntax.ts';
import type { Edit, Source } from './types.ts';

type Tree = Pick<Source, 'files' | 'install'>;

/** Moves every declaration of the name so that `to` is what it asks for, or at least allows as the oldest; adds a line when there is none. */
export function moveRequirement(source: Tree, name: string, to: string): readonly Edit[] {
  return rewritten(source, name, (written) => movedSpecifier(written, to)) ?? addRequirement(source, `${name}>=${to}`);
}

/** Keeps the name below `cap`; adds a line when it is not declared. */
export function capRequirement(source: Tree, name: string, cap: string): readonly Edit[] {
  return rewritten(source, name, (written) => cappedSpecifier(written, cap)) ?? addRequirement(source, `${name}<${cap}`);
}

/** Undefined when the name is not declared. */
function rewritten(source: Tree, name: string, change: (written: string) => string): readonly Edit[] | undefined {
  // Everywhere it is named, development groups and constraints included: they are installed together.
  const declared = declaredRequirements(source).filter((each) => each.name === normaliseName(name) && each.url === undefined);
  if (declared.length === 0) return undefined;
  return declared.flatMap((each) => {
    const file = source.files.get(each.file);
    const span = file && specifierSpan(file.text, each);
    if (!file || !span) return [];
    const hashes = each.form === 'line' ? withHashes(file, each) : each;
    const edits = replaceSpan(file, span, change(file.text.slice(span.start, span.end)));
    // Hashes belong to the old version and would refuse the new one.
    return edits.length > 0 && hashes.end > each.end ? [...edits, { file: file.path, old: file.text.slice(each.end, hashes.end), new: '', at: each.end }] : edits;
  });
}

// uvicorn[standard]   ·   uvicorn [standard] (
const HEAD = /^[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*\(?/;
// asyncpg = "^0.29.0"   ·   uvicorn = {extras = ["standard"], version = "^0.30"}
const ENTRY = /^(?<head>[^=]+=\s*|[^=]+=\s*\{[\s\S]*?\bversion\s*=\s*)(?<quote>["'])(?<version>[^"']*)\k<quote>/;

/** Where the version is written: `==0.29.0`, `^2.7`; an empty span behind the name when there is none. */
function specifierSpan(text: string, each: DeclaredRequirement): Span | undefined {
  const written = text.slice(each.start, each.end);
  if (each.form === 'entry') {
    const groups = ENTRY.exec(written)?.groups;
    if (!groups) return undefined;
    const start = each.start + (groups['head'] ?? '').length + 1;
    return { start, end: start + (groups['version'] ?? '').length };
  }
  const head = HEAD.exec(written)?.[0] ?? '';
  const specifier = /^[^;)]*?(?=\s*(?:[;)]|$))/.exec(written.slice(head.length))?.[0] ?? '';
  const start = specifier === '' ? head.trimEnd().length : head.length;
  return { start: each.start + start, end: each.start + start + specifier.length };
}

/** `==0.29.0` → `==0.31.0` · `^0.29` → `^0.31` · `~=2.5` → `~=2.12` · `>=0.29,<0.30` → `>=0.31.0,<0.32` · `==2.*` → `==3.*` · `` → `>=0.31.0` */
export function movedSpecifier(written: string, to: string): string {
  const parts = written.split(',').map((part) => part.trim()).filter((part) => part !== '' && part !== '*');
  const joint = written.includes(', ') ? ', ' : ',';
  const first = parts[0] ?? '';
  if (parts.length === 1 && /^(?:={2,3}|~=|\^|~|\d)/.test(first)) {
    const [operator = ''] = /^(?:={2,3}|~=|\^|~)?\s*/.exec(first) ?? [];
    return operator + shaped(first.slice(operator.length), to, operator.trim() === '' || operator.startsWith('='));
  }
  const kept = parts.filter((part) => part.startsWith('!='));
  const upper = parts.some((part) => part.startsWith('<') || /^(?:={2}|~=|\^|~(?!=))/.test(part));
  const ceiling = parts.find((part) => part.startsWith('<') && allows(part, to)) ?? `<${nextBreak(to)}`;
  return [`>=${to}`, ...(upper ? [ceiling] : []), ...kept].join(joint);
}

/** The new version with as many parts as the old one was written with; exact ones in full. */
function shaped(old: string, to: string, exact: boolean): string {
  const count = old.replace(/\.\*$/, '').split('.').length;
  const short = to.split('.').slice(0, count).join('.');
  if (old.endsWith('.*')) return `${short}.*`;
  return exact || short === old || /[a-z]/i.test(short) ? to : short;
}

/** Where the next break is to be expected: the next major, below 1 the next minor. */
function nextBreak(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return major === 0 ? `0.${minor + 1}` : String(major + 1);
}

/** `` → `<2.1` · `>=1.4` → `>=1.4,<2.1` · `^2.0` → `>=2.0,<2.1` */
export function cappedSpecifier(written: string, cap: string): string {
  const joint = written.includes(', ') ? ', ' : ',';
  const parts = poetrySpecifier(written).split(',').filter((part) => part !== '' && !part.startsWith('<'));
  if (parts.some((part) => part.startsWith('=='))) return written;
  const loose = parts.map((part) => part.replace(/^~=\s*/, '>='));
  return [...loose, `<${cap}`].join(joint);
}

function allows(specifier: string, version: string): boolean {
  try {
    return satisfies(version, specifier, { prereleases: true });
  } catch {
    return false;
  }
}
