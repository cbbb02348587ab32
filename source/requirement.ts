/** One requirement: PEP 508, and Poetry's own version syntax translated to it. */

export interface Requirement {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly extras: readonly string[];
  /** `>=2,<3`; empty when any version will do. */
  readonly specifier: string;
  readonly marker?: string;
  /** `name @ https://…` */
  readonly url?: string;
}

/** PEP 503: `Psycopg2_Binary` → `psycopg2-binary`. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

// uvicorn[standard]>=0.23,<1 ; python_version >= "3.9"   ·   pkg @ https://host/pkg.whl
const PEP508 = /^(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?<extras>[^\]]*)\])?\s*(?:@\s*(?<url>\S+)|(?<specifier>\(?[^;@]*\)?))?\s*(?:;\s*(?<marker>.+))?$/;

/** Undefined for what is no PEP 508 requirement (a path, a bare URL). */
export function parseRequirement(text: string): Requirement | undefined {
  const groups = PEP508.exec(text.trim())?.groups;
  if (!groups) return undefined;
  const specifier = (groups['specifier'] ?? '').replace(/^\(|\)$/g, '').replace(/\s+/g, '');
  if (specifier !== '' && !/^(===|==|~=|!=|<=|>=|<|>)/.test(specifier)) return undefined;
  return {
    name: normaliseName(groups['name'] ?? ''), specifier, extras: (groups['extras'] ?? '').split(',').map((each) => each.trim()).filter(Boolean),
    ...(groups['marker'] === undefined ? {} : { marker: groups['marker'].trim() }), ...(groups['url'] === undefined ? {} : { url: groups['url'] }),
  };
}

export function formatRequirement(requirement: Requirement): string {
  const extras = requirement.extras.length > 0 ? `[${requirement.extras.join(',')}]` : '';
  const what = requirement.url === undefined ? requirement.specifier : ` @ ${requirement.url}`;
  const marker = requirement.marker === undefined ? '' : ` ; ${requirement.marker}`;
  return `${requirement.name}${extras}${what}${marker}`;
}

/** `^2.1` → `>=2.1,<3` · `~2.1` → `>=2.1,<2.2` · `2.*` → `==2.*` · `*` → `` · `2.1` → `==2.1` */
export function poetrySpecifier(version: string): string {
  return version.split(',').map((part) => onePoetrySpecifier(part.trim())).filter(Boolean).join(',');
}

function onePoetrySpecifier(version: string): string {
  if (version === '*' || version === '') return '';
  const digits = version.replace(/^[\^~=\s]+/, '');
  const numbers = digits.split('.').map((each) => Number.parseInt(each, 10) || 0);
  if (version.startsWith('^')) {
    const index = Math.max(0, numbers.findIndex((each) => each > 0));
    return `>=${digits},<${[...numbers.slice(0, index), (numbers[index] ?? 0) + 1].join('.')}`;
  }
  if (version.startsWith('~') && !version.startsWith('~=')) {
    const kept = numbers.slice(0, Math.max(1, Math.min(2, numbers.length)));
    return `>=${digits},<${[...kept.slice(0, -1), (kept.at(-1) ?? 0) + 1].join('.')}`;
  }
  return /^[\d]/.test(version) ? `==${version}` : version.replace(/\s+/g, '');
}

/** PEP 440 → the way Poetry writes it: an empty specifier is `*`. */
export function toPoetryVersion(specifier: string): string {
  return specifier === '' ? '*' : specifier;
}

/** Drops upper bounds and exact pins, keeps lower ones: what `newest` installs. */
export function loosened(specifier: string): string {
  return specifier.split(',').flatMap((part) => {
    if (/^(<|<=|!=)/.test(part)) return part.startsWith('!=') ? [part] : [];
    if (part.includes('*')) return [`>=${part.replace(/^[=~]+/, '').replace(/\.\*$/, '')}`];
    // `==2.8.0+cpu` names one build of a release; only exact versions may carry such a label.
    return [part.replace(/^(===|==|~=|>)(?!=)/, '>=').replace(/\+.*$/, '')];
  }).join(',');
}

/** Groups and extras that the running server does not need. */
export function isDevelopment(group: string): boolean {
  return /^(dev|develop|development|tests?|testing|lint|linting|linters?|docs?|documentation|typing|types|ci|format|style|debug|build|examples?|benchmarks?|qa|quality|notebooks?)([-_].*)?$/i.test(group);
}
