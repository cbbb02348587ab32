/** Which package an error of an installed package asks for, in its own words, and the requirement that brings it. */
import { normaliseName, replaceRequirement } from '../../source/manifest.ts';
import type { Distribution, Edit, PackageIndex, Source } from '../../source/types.ts';
import { addDistribution, declared, providerOf } from './distributions.ts';
import { requirementName } from './names.ts';

/** `pwdlib[argon2]` is `{name: 'pwdlib', extras: ['argon2']}`. */
export interface NamedPackage {
  readonly name: string;
  readonly extras: readonly string[];
}

const NAME = '(?<name>[A-Za-z][\\w.-]{0,60}\\w)(?:\\[(?<extras>[\\w,. -]{1,60})\\])?';
/** A command is meant to be typed, so its name is that of a package. */
const COMMAND = new RegExp(`(?:pip3?|uv) (?:install|add) (?:-[-\\w]+ ){0,3}['"]?${NAME}`);
const QUESTION = new RegExp(`\\b[Dd]o you have ${NAME} installed\\b`);
/** Words of a sentence: what they name counts only where somebody knows it as a package. */
const SENTENCES = [
  new RegExp(`\\b(?:install|requires?|needs?) (?:the )?(?:optional )?(?:package |library |module )?['"\`]?${NAME}['"\`]?`, 'i'),
  new RegExp(`['"\`]?${NAME}['"\`]? (?:package |library |module )?(?:is not installed|is not available|must be installed|is required|needs to be installed)`, 'i'),
];
/** Extras for people who work on the package itself. */
const ASIDE = /^(?:all|dev|develop|development|docs?|lint|tests?|testing|typing)$/i;

/** The package that `message`, raised by `owner`, asks for; none when it is installed already. */
export function namedIn(message: string, owner: Distribution, index: PackageIndex): NamedPackage | undefined {
  const text = message.slice(0, 2_000);
  for (const [pattern, sure] of [[COMMAND, true], [QUESTION, true], ...SENTENCES.map((each) => [each, false] as const)] as const) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const written = groups['name'] ?? '';
    const extras = (groups['extras'] ?? '').split(',').map((each) => each.trim()).filter(Boolean);
    const optional = extraOf(owner, written);
    if (!sure && optional === undefined && index.known[written] === undefined) continue;
    if (extras.length > 0) return { name: written, extras };
    const name = optional === undefined ? providerOf(written, index).distribution : written;
    if (index.distributions.some((each) => normaliseName(each.name) === normaliseName(name) || each.modules.includes(written))) continue;
    return optional === undefined ? { name, extras: [] } : { name: owner.name, extras: [optional] };
  }
  return undefined;
}

/** The extra of `owner` that brings `wanted`: `cryptography>=3.4; extra == "crypto"`. */
function extraOf(owner: Distribution, wanted: string): string | undefined {
  return owner.requires.flatMap((line) => {
    const extra = /extra\s*==\s*['"](?<extra>[^'"]+)['"]/.exec(line)?.groups?.['extra'];
    return extra !== undefined && !ASIDE.test(extra) && requirementName(line) === normaliseName(wanted) ? [extra] : [];
  })[0];
}

/** Adds the package, or the extras to the requirement that stands there. Empty where they stand there already, and where hashes would have to be known. */
export function addNamed(source: Source, index: PackageIndex, { name, extras }: NamedPackage): readonly Edit[] {
  const here = declared(source, name);
  if (here === undefined) return addDistribution(source, index, name, extras.length === 0 ? '' : `[${extras.join(',')}]`);
  const all = [...new Set([...here.extras, ...extras])];
  if (all.length === here.extras.length || here.url !== undefined || (source.files.get(here.file)?.text ?? '').includes('--hash=')) return [];
  const written = /^[A-Za-z0-9][\w.-]*/.exec(here.text)?.[0] ?? name;
  return replaceRequirement(source, here.name, `${written}[${all.join(',')}]${here.specifier}`);
}

/** As a requirement is written. */
export function shownNamed({ name, extras }: NamedPackage): string {
  return extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
}
