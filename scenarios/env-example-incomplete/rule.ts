import { dotenvEntries, isEnvExample } from '../../source/dotenv.ts';
import { inSequence, setVariable } from '../../source/edits.ts';
import { harmlessValue, looksSecret } from '../../source/environment.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'env-example-incomplete';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'MEDIUM',
  title: 'The example of the environment lacks variables that the code requires.',
  detect: () => [],
  scan: (source) => {
    const file = exampleOf(source);
    const missing = file === undefined ? [] : missingIn(file, source);
    if (file === undefined || missing.length === 0) return [];
    const names = missing.map(({ name }) => name);
    const shown = names.length > 6 ? `${list([...names.slice(0, 5), `${names.length - 5} more`])}` : list(names);
    return [{
      kind, stage: 'config', severity: 'MEDIUM', category: 'CONFIG', file: file.path, facts: { file: file.path },
      what: `${file.path} does not name ${shown}, and the code does not start without ${names.length === 1 ? 'it' : 'them'}.`,
      why: 'Whoever copies the example to a .env gets an environment that is not whole, and learns it from a failing start.',
      todo: `Add ${shown} to ${file.path}, with a value that shows what is meant and is no secret.`,
      candidates: fixOf({
        title: `Add ${shown} to ${file.path}`, safety: 'safe', explanation: 'The values are harmless and of the right type, so that a copy of the example starts; secrets have a placeholder.',
        edits: inSequence(file, ...missing.map(({ name, type }) => (now: SourceFile) => setVariable(now, name, valueFor(source, name, type)))),
      }),
    }];
  },
};

function exampleOf(source: Source): SourceFile | undefined {
  return [...source.files.values()].find(({ path }) => !path.includes('/') && isEnvExample(path));
}

/** Required, read by code that the server could load, and in none of the files that set or show the environment. */
function missingIn(file: SourceFile, source: Source): readonly { readonly name: string; readonly type: string }[] {
  const shown = new Set(dotenvEntries(file.text).map(({ name }) => name.toLowerCase()));
  // `# DATABASE_URL=…` is an offer too.
  const offered = (name: string): boolean => shown.has(name.toLowerCase()) || new RegExp(`^\\s*#\\s*(?:export\\s+)?${name}\\s*=`, 'im').test(file.text);
  const required = source.variables.filter(({ required: must, file: reader, name }) => must && isServerCode(reader) && !offered(name));
  return [...new Map(required.map(({ name, type }) => [name.toUpperCase(), { name: name.toUpperCase(), type }])).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function valueFor(source: Source, name: string, type: string): string {
  const value = harmlessValue(source, name, type);
  return looksSecret(name, value) && !/:\/\//.test(value) ? 'change-me-before-you-deploy-this-anywhere' : value;
}
