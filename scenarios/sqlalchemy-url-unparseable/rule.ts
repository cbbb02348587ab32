import { replaceSpan } from '../../source/splice.ts';
import { harmlessValue } from '../../source/environment.ts';
import { setVariable } from '../../source/edits.ts';
import type { Source } from '../../source/types.ts';
import { asyncDrivers, driversOf, declaredDriver } from '../mechanisms/drivers.ts';
import { asyncEngineCalls, engineCallsAt } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { exampleOf } from '../mechanisms/settings.ts';
import { addressIn } from '../mechanisms/url-text.ts';
import { environmentFile, variableBehind } from '../mechanisms/variables.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-url-unparseable';

/** `Could not parse SQLAlchemy URL from given URL string`; older: `Could not parse SQLAlchemy URL from string ''`, `rfc1738 URL` */
const UNREADABLE = /^Could not parse (?:SQLAlchemy|rfc1738) URL/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The value that should be the database URL is no URL.',
  detect: (evidence, source) => raised(evidence, ['ArgumentError'], UNREADABLE).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const variable = variableOf(source, own);
    const file = environmentFile(source);
    const entry = variable === undefined ? undefined : dotenvEntries(file.text).findLast((each) => each.name.toLowerCase() === variable.toLowerCase());
    const value = entry?.value ?? '';
    const place = entry === undefined ? { file: own?.file ?? file.path, line: own?.line ?? 1 } : { file: file.path, line: entry.line };
    const says = entry === undefined ? 'The text that the engine is built with' : value === '' ? `${entry.name} is empty, and` : `The value of ${entry.name}`;
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'CONFIG', ...place, facts: { variable: variable ?? '' },
      what: `${says} cannot be read as a database URL.`,
      why: 'SQLAlchemy wants dialect+driver://user:password@host:port/database. Quotes or blanks around it, a missing scheme, or nothing at all make it unreadable.',
      todo: `Give ${variable ?? 'the engine'} a URL of the form postgresql+driver://user:password@host:5432/name.`,
      candidates: variable === undefined ? [] : candidates(source, entry?.name ?? variable), explains: [seen.at],
    };
  }),
};

function variableOf(source: Source, own: ReturnType<typeof ownFrameOf>): string | undefined {
  for (const call of engineCallsAt(source, own)) {
    const file = source.files.get(call.file);
    const argument = call.arguments.find(({ name }) => name === undefined || name === 'url');
    const found = file === undefined || argument === undefined ? undefined : variableBehind(source, file, argument.value);
    if (found !== undefined) return found;
  }
  // A function builds the engine from what it is given: the only variable that is named like an address decides.
  const named = [...new Set(source.variables.map(({ name }) => name))].filter((name) => /(?:DATABASE|DB|POSTGRES|SQLALCHEMY)\w*(?:UR[LI]|DSN)$/i.test(name));
  return named.length === 1 ? named[0]?.toUpperCase() : undefined;
}

function candidates(source: Source, variable: string): readonly Fix[] {
  const file = environmentFile(source);
  const address = addressIn(source, file.path, variable);
  if (address === undefined) return filled(source, variable);
  const bare = file.text.slice(address.start, address.end);
  const scheme = address.hasScheme ? '' : `${schemeFor(source)}://`;
  return fixOf({
    title: address.mark !== undefined ? `Write :// behind the scheme of ${variable}` : address.hasScheme ? `Leave only the address in ${variable}` : `Begin ${variable} with ${schemeFor(source)}://`, safety: 'safe',
    // The address itself stays where it is, so no edit shows it.
    edits: [
      ...replaceSpan(file, { start: address.entry.start, end: address.start }, scheme),
      ...(address.mark === undefined ? [] : replaceSpan(file, address.mark, '://')),
      ...replaceSpan(file, { start: address.end, end: address.entry.end }, ''),
    ],
    explanation: address.mark !== undefined ? 'The address itself stays as it is.' : address.hasScheme ? `What stood around the address in ${file.path} was read as a part of it.` : `${bare === '' ? 'The value' : 'What follows'} stays as it is; SQLAlchemy needs the scheme to choose a driver.`,
  });
}

/** Empty or nothing like an address. */
function filled(source: Source, variable: string): readonly Fix[] {
  const file = environmentFile(source);
  const value = exampleOf(source, variable) ?? harmlessValue(source, variable, 'str');
  return fixOf({
    title: `Set ${variable} in ${file.path}`, safety: 'likely', edits: setVariable(file, variable, value),
    explanation: 'The value leads to a database on this machine, so that the server starts; put the address of your own in its place before you deploy.',
  });
}

function schemeFor(source: Source): string {
  const [awaited] = asyncEngineCalls(source).length > 0 ? asyncDrivers(source, 'postgresql') : [];
  const driver = awaited ?? driversOf('postgresql').find(({ name }) => declaredDriver(source, name) !== undefined);
  return driver === undefined ? 'postgresql' : `postgresql+${driver.name}`;
}
