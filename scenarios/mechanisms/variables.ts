/** Environment variables: which one is behind an expression, which file sets it, and the candidates that give one a value. */
import { dotenvEntries } from '../../source/dotenv.ts';
import { importName, inSequence, setVariable } from '../../source/edits.ts';
import { importNodes } from '../../source/imports.ts';
import { normaliseName } from '../../source/manifest.ts';
import { lineEnding, nextLine } from '../../source/splice.ts';
import { harmlessValue, looksSecret } from '../../source/environment.ts';
import { definitionsOf, importedNames } from '../../source/python.ts';
import { dotenvPath } from '../../source/read.ts';
import { readsEnvFile } from '../../source/settings-config.ts';
import { treeFile } from '../../source/static-values.ts';
import type { Edit, PackageIndex, Source, SourceFile, VariableRead } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import type { Fix } from '../types.ts';
import { lookAlikes } from './names.ts';
import { exampleOf } from './settings.ts';
import { fixOf } from './words.ts';

/** The file whose values the server's process gets; one that is not there yet has no text. */
export function environmentFile(source: Source): SourceFile {
  const path = dotenvPath(source.files, source.run.cwd) ?? '.env';
  return source.files.get(path) ?? { path, text: '' };
}

/** Candidates for a variable that nobody sets: one that is nearly named so and that nothing reads, then a value of the right type. */
export function giveValue(source: Source, file: SourceFile, variable: string, type: string): readonly Fix[] {
  return [...renamed(source, file, variable), ...set(source, file, variable, type)];
}

/**
 * The same for a variable that the code reads from `os.environ`. A settings class reads the file for itself and gives the process nothing; where
 * only such a class reads it, the file is loaded in `reader` as well. Without python-dotenv an entry in the file would change nothing.
 */
export function giveToProcess(source: Source, index: PackageIndex, reader: SourceFile | undefined, variable: string, type: string, value?: string): readonly Fix[] {
  const file = environmentFile(source);
  const fixes = value === undefined ? giveValue(source, file, variable, type) : fixOf({
    title: `Set ${variable} to ${value} in ${file.path}`, safety: 'likely', edits: setVariable(file, variable, value),
    explanation: `${value} is the value that the code compares ${variable} with before it gives up.`,
  });
  if (!isReadBySettingsOnly(source)) return fixes;
  const loading = reader === undefined ? [] : loadDotenv(reader, index);
  return loading.length === 0 ? [] : fixes.map((fix) => ({
    ...fix, title: `${fix.title} and load the file in ${reader?.path ?? ''}`, edits: [...fix.edits, ...loading],
    explanation: `${fix.explanation} Only a settings class read the file before; load_dotenv puts its values into os.environ too.`,
  }));
}

export function isReadBySettingsOnly(source: Source): boolean {
  const { path } = environmentFile(source);
  if (!settingsClasses(source).some((each) => readsEnvFile(each, path, source.run.cwd))) return false;
  return ![...source.files.values()].some((file) => file.path.endsWith('.py') && /\b(?:load_dotenv|read_env)\(/.test(file.text));
}

/** `load_dotenv()` behind the imports; nothing where python-dotenv (which pydantic-settings brings) is not installed. */
export function loadDotenv(file: SourceFile, index: PackageIndex): readonly Edit[] {
  if (!index.distributions.some(({ name }) => normaliseName(name) === 'python-dotenv') || /\bload_dotenv\(/.test(file.text)) return [];
  const eol = lineEnding(file.text);
  return inSequence(
    file,
    (now) => importName(now, 'dotenv', 'load_dotenv'),
    (now) => {
      const last = importNodes(now).filter(({ topLevel }) => topLevel).at(-1);
      return [{ file: now.path, old: '', new: `${eol}load_dotenv()${eol}`, at: last === undefined ? 0 : nextLine(now.text, last.end) }];
    },
  );
}

function renamed(source: Source, file: SourceFile, variable: string): readonly Fix[] {
  const read = new Set(settingsClasses(source).flatMap((settings) => settings.fields.flatMap((field) => field.names.map((name) => name.toLowerCase()))));
  const unread = dotenvEntries(file.text).filter((entry) => !read.has(entry.name.toLowerCase()) && !source.variables.some(({ name }) => name === entry.name));
  return lookAlikes(variable, unread.map((entry) => entry.name)).slice(0, 1).flatMap((name) => {
    const entry = unread.findLast((each) => each.name === name);
    const at = entry === undefined ? -1 : file.text.lastIndexOf(name, entry.start);
    return at < 0 ? [] : fixOf({
      title: `Rename ${name} to ${variable} in ${file.path}`, safety: 'likely', edits: [{ file: file.path, old: name, new: variable, at }],
      explanation: `${file.path} sets ${name}, which no code reads; its name differs from ${variable} by a few letters. The value stays.`,
    });
  });
}

function set(source: Source, file: SourceFile, variable: string, type: string): readonly Fix[] {
  const value = exampleOf(source, variable) ?? harmlessValue(source, variable, type);
  const secret = looksSecret(variable, value);
  return fixOf({
    title: `Set ${variable} in ${file.path}`, safety: 'likely', edits: setVariable(file, variable, value),
    explanation: `The value is harmless and of the right type, so that the server starts; ${secret ? 'put a secret of your own in its place' : 'check that it is the one you want'} before you deploy.`,
  });
}

/**
 * The variable that an expression of a file gets its value from: `os.getenv("X")` in it, a name that was assigned from one (in this file or
 * where it is imported from), or a field of a settings class. Undefined when the text does not tell.
 */
export function variableBehind(source: Source, file: SourceFile, expression: string, depth = 0): string | undefined {
  const direct = /(?:getenv|environ\.get)\(\s*["'](?<name>\w+)["']|environ\[\s*["'](?<index>\w+)["']/.exec(expression)?.groups;
  if (direct !== undefined) return direct['name'] ?? direct['index'];
  if (depth > 4) return undefined;
  for (const [dotted] of expression.matchAll(/[A-Za-z_][\w.]*/g)) {
    const found = readOf(source, file, dotted, depth);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readOf(source: Source, file: SourceFile, dotted: string, depth: number): string | undefined {
  const [first = '', last] = [dotted.split('.')[0], dotted.includes('.') ? dotted.slice(dotted.lastIndexOf('.') + 1) : undefined];
  if (last !== undefined) return fieldOf(source, last);
  const own = definitionsOf(file).findLast((each) => each.name === first && each.kind === 'value');
  if (own !== undefined) return variableBehind(source, file, own.node.childForFieldName('right')?.text ?? '', depth + 1);
  const origin = importedNames(file).get(first);
  const home = origin === undefined ? undefined : treeFile(source.files, origin.slice(0, Math.max(0, origin.lastIndexOf('.'))));
  return home === undefined || origin === undefined ? undefined : readOf(source, home, origin.slice(origin.lastIndexOf('.') + 1), depth + 1);
}

/** `settings.database_url`: a field of a settings class, else an attribute of a plain class that was read from the environment. */
function fieldOf(source: Source, name: string): string | undefined {
  const field = settingsClasses(source).flatMap((settings) => settings.fields).find((each) => each.field === name);
  return field?.names[0] ?? source.variables.find((read) => assigns(source, read, name))?.name;
}

function assigns(source: Source, read: VariableRead, name: string): boolean {
  const line = source.files.get(read.file)?.text.split('\n')[read.line - 1] ?? '';
  return new RegExp(`^\\s*(?:self\\.)?${name}\\s*(?::[^=]{1,80})?=`).test(line);
}
