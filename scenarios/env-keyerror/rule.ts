import { dotenvEntries } from '../../source/dotenv.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { environmentFile, giveToProcess, loadDotenv } from '../mechanisms/variables.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'env-keyerror';

/** `KeyError: 'ACCESS_TOKEN_MINUTES'`, raised by `os.environ` itself */
const NAME = /^['"]?(?<name>[A-Za-z_]\w*)['"]?$/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The code reads an environment variable that nobody sets.',
  detect: (evidence, source, index) => raised(evidence, ['KeyError'], NAME).filter(({ exception }) => /(?:\/os\.py|<frozen os>)$/.test(exception.frames.at(-1)?.file ?? '')).map((seen): Finding => {
    const name = seen.match?.groups?.['name'] ?? '';
    const own = ownFrameOf(seen);
    const file = environmentFile(source);
    const entry = dotenvEntries(file.text).find((each) => each.name === name);
    const code = source.files.get(own?.file ?? '');
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: entry === undefined && file.text !== '' ? file.path : own?.file ?? file.path, ...(entry === undefined && file.text !== '' ? {} : { line: own?.line ?? 1 }), facts: { name },
      what: entry === undefined ? `The environment variable ${name} is not set, and ${own?.file ?? 'the code'} cannot go on without it.` : `${name} stands in ${file.path}, and nobody loads that file before ${own?.file ?? 'the code'} reads os.environ.`,
      why: entry === undefined ? `os.environ["${name}"] has no default: it raises a KeyError when the variable is missing.` : 'A settings class reads the file for itself; os.environ holds only what the process was started with, or what load_dotenv put there.',
      todo: entry === undefined ? `Set ${name} in ${file.path} or in the environment of the server.` : 'Call load_dotenv() from python-dotenv before the variable is read, or read it through the settings class.',
      candidates: entry === undefined ? giveToProcess(source, index, code, name, typeOf(source, name)) : code === undefined ? [] : loaded(code, index), explains: [seen.at],
    };
  }),
};

function typeOf(source: Source, name: string): string {
  return source.variables.find((read) => read.name === name)?.type ?? 'str';
}

/** The file is loaded where the variable is read. */
function loaded(file: SourceFile, index: PackageIndex): readonly Fix[] {
  return fixOf({
    title: `Load .env in ${file.path}`, safety: 'likely', edits: loadDotenv(file, index),
    explanation: 'load_dotenv puts the values of the file into os.environ, unless the process has the variables already.',
  });
}
