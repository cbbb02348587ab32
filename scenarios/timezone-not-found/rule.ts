import { replaceValue } from '../../source/edits.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Edit, PackageIndex, Source } from '../../source/types.ts';
import { addDistribution } from '../mechanisms/distributions.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { environmentFile } from '../mechanisms/variables.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'timezone-not-found';

/** `'No time zone found with key Europe/Berln'` */
const UNKNOWN = /No time zone found with key (?<key>[^\n]{1,100}?)['"]?$/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A time zone cannot be found.',
  refines: ['unknown-failure'],
  detect: (evidence, source, index) => raised(evidence, ['ZoneInfoNotFoundError'], UNKNOWN).map((seen): Finding => {
    const key = (seen.match?.groups?.['key'] ?? '').replace(/\\(?=["'])/g, '');
    const own = ownFrameOf(seen);
    const known = zones().includes(key);
    const places = writtenAt(source, key);
    const [place] = places;
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'CONFIG', file: place?.file ?? own?.file ?? '', line: place?.line ?? own?.line ?? 1, facts: { key },
      what: `There is no time zone ${key}${known ? ' on this machine' : ''}.`,
      why: known ? 'Slim images bring no time zone data, and Python then looks for the package tzdata.' : 'The name is misspelt or carries more than the name. Time zones are called as in the IANA list, such as Europe/Berlin.',
      todo: known ? 'Add tzdata to the requirements.' : 'Correct the name of the time zone.',
      candidates: known ? dataPackage(source, index) : respelt(key, places), explains: [seen.at],
    };
  }),
};

let all: readonly string[] | undefined;

function zones(): readonly string[] {
  all ??= [...Intl.supportedValuesOf('timeZone'), 'UTC', 'GMT'];
  return all;
}

function dataPackage(source: Source, index: PackageIndex): readonly Fix[] {
  return fixOf({
    title: 'Install tzdata', safety: 'safe', edits: addDistribution(source, index, 'tzdata', ''),
    explanation: 'tzdata is the time zone data as a package; zoneinfo uses it where the system has none.',
  });
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly edit: (name: string) => readonly Edit[];
}

function writtenAt(source: Source, key: string): readonly Place[] {
  const file = environmentFile(source);
  const entries = dotenvEntries(file.text).filter(({ value }) => value === key).map((entry): Place => ({ file: file.path, line: entry.line, edit: (name) => replaceValue(file, entry.name, name) }));
  const strings = [...source.files.values()].filter(({ path, text }) => path.endsWith('.py') && text.includes(key)).flatMap((code) => nodesOf(code, 'string').filter((node) => stringValue(node) === key).map((node): Place => ({
    file: code.path, line: node.startPosition.row + 1, edit: (name) => [{ file: code.path, old: key, new: name, at: node.startIndex + node.text.indexOf(key) }],
  })));
  return [...entries, ...strings];
}

function respelt(key: string, places: readonly Place[]): readonly Fix[] {
  const bare = key.replace(/^[\s"']+|[\s"']+$/g, '').replaceAll(' ', '_');
  const same = zones().filter((zone) => zone.toLowerCase() === bare.toLowerCase());
  return [...new Set([...same, ...lookAlikes(bare, zones())])].slice(0, 3).flatMap((zone) => fixOf({
    title: `Write ${zone} instead of ${key}`, safety: 'likely', edits: places.flatMap(({ edit }) => edit(zone)),
    explanation: `${zone} is a name of the IANA list, and the nearest to what is written.`,
  }));
}
