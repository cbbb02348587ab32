/** Statements that the database refuses, and how the tree can say them so that it takes them. */
import { importModule, importName, inSequence } from '../../source/edits.ts';
import { removeItem } from '../../source/list-edits.ts';
import { callsOf, definitionsOf, importedNames } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { replaceSpan } from '../../source/splice.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { isServerCode } from './engines.ts';
import { foreignKeysOf, mappedClasses } from './models.ts';
import type { Attribute, MappedClass } from './models.ts';
import { fixOf } from './words.ts';

interface Place {
  readonly file: string;
  readonly line: number;
}

/** `CREATE TABLE user (…)` → `CREATE TABLE "user" (…)`: the word that Postgres stopped at, wherever the tree has it in the place of a table's name. */
export function quotedTables(said: string, _: Place, source: Source): readonly Fix[] {
  const word = /at or near "(?<word>[a-z]\w{0,60})"/i.exec(said)?.groups?.['word'];
  if (word === undefined) return [];
  const named = new RegExp(`\\b(?:TABLE(?:\\s+IF\\s+(?:NOT\\s+)?EXISTS)?|INTO|UPDATE|FROM|JOIN|REFERENCES|ON)\\s+(?<word>${word})\\b(?!["(.])`, 'gi');
  const edits = [...source.files.values()].filter(({ path }) => isServerCode(path) || path.endsWith('.sql')).flatMap((file) => textsOf(file).flatMap(({ text, start, quote }): readonly Edit[] =>
    [...text.matchAll(named)].map((match) => ({ file: file.path, old: word, new: quote === '"' ? `\\"${word}\\"` : `"${word}"`, at: start + match.index + match[0].length - word.length }))));
  const makes = edits.some((edit) => /TABLE[^;]{0,30}$/i.test((source.files.get(edit.file)?.text ?? '').slice(Math.max(0, edit.at - 40), edit.at)));
  return !makes ? [] : fixOf({
    title: `Quote the table "${word}"`, safety: 'likely', edits: edits.filter((edit) => source.files.get(edit.file)?.text.startsWith(edit.old, edit.at)),
    explanation: `${word} is a word of SQL. In double quotes it is the name of a table, and every statement that names the table must write it so.`,
  });
}

/** Strings of Python, and the whole of other files. */
function textsOf(file: SourceFile): readonly { readonly text: string; readonly start: number; readonly quote: string }[] {
  if (!file.path.endsWith('.py')) return [{ text: file.text, start: 0, quote: '' }];
  return nodesOf(file, 'string').map((node) => ({ text: node.text, start: node.startIndex, quote: /^[a-z]*(?<quote>"""|'''|"|')/i.exec(node.text)?.groups?.['quote'] ?? '' }));
}

/** `Key columns "account_id" of the referencing table and "id" of the referenced table are of incompatible types: integer and uuid.` */
const KEYS = /Key columns "(?<own>\w{1,100})"[^"\n]{0,60}"(?<other>\w{1,100})"[^:\n]{0,60}incompatible types/;

export function sameTypeAsReferenced(said: string, _: Place, source: Source): readonly Fix[] {
  const { own = '', other = '' } = KEYS.exec(said)?.groups ?? {};
  const constraint = /foreign key constraint "(?<name>\w{1,200})"/.exec(said)?.groups?.['name'] ?? '';
  const models = mappedClasses(source);
  const found = models.flatMap((model) => foreignKeysOf(model).filter(({ attribute, target }) => attribute.name === own && target.split('.').at(-1) === other).map((key) => ({ model, ...key })));
  const exact = found.filter(({ model }) => constraint.startsWith(`${model.table}_`));
  const [key, ...others] = exact.length > 0 ? exact : found;
  const home = models.find(({ table }) => table === key?.target.split('.').at(-2));
  const referenced = home?.attributes.find(({ name }) => name === other);
  return key === undefined || others.length > 0 || home === undefined || referenced === undefined ? [] : fixOf({
    title: `Give ${key.attribute.name} of ${key.model.name} the type of ${home.name}.${other}`, safety: 'likely', edits: typed(key.model, key.attribute, home, referenced),
    explanation: `${key.attribute.name} refers to ${key.target}, and holds its values.`,
  });
}

function typed(model: MappedClass, attribute: Attribute, home: MappedClass, referenced: Attribute): readonly Edit[] {
  const now = innerType(attribute);
  const meant = innerType(referenced);
  const column = typeArgument(attribute);
  const wanted = typeArgument(referenced);
  const named = [...(meant?.text ?? '').matchAll(/[A-Za-z_]\w*/g), ...(wanted?.value ?? '').matchAll(/[A-Za-z_]\w*(?=\(|$)/g)].map(([word]) => word).filter((word) => !BUILTIN.test(word));
  const bringing = [...new Set(named)].flatMap((name) => { const origin = importedNames(home.file).get(name); return origin === undefined ? [] : [{ name, origin }]; });
  const isTaken = (name: string, origin: string): boolean => model.file !== home.file && (importedNames(model.file).get(name) ?? origin) !== origin;
  const isOwn = definitionsOf(model.file).some(({ name, kind }) => kind !== 'import' && named.includes(name));
  if ((meant === undefined) !== (now === undefined) || bringing.some(({ name, origin }) => isTaken(name, origin)) || isOwn) return [];
  const swaps: Edit[] = [];
  if (now !== undefined && meant !== undefined && now.text !== meant.text) swaps.push({ file: model.file.path, old: now.text, new: meant.text, at: now.at });
  if (column !== undefined && wanted !== undefined) swaps.push(...replaceSpan(model.file, column, wanted.value));
  if (column !== undefined && wanted === undefined) {
    if (now === undefined) return [];
    const list = attribute.call?.arguments ?? [];
    const splice = removeItem(list, list.findIndex(({ start }) => start === column.start));
    swaps.push(...replaceSpan(model.file, splice, splice.text));
  }
  return inSequence(model.file, () => swaps, ...bringing.map(({ name, origin }) => (file: SourceFile): readonly Edit[] => {
    if (importedNames(file).get(name) === origin) return [];
    return origin === name ? importModule(file, name) : importName(file, origin.slice(0, origin.lastIndexOf('.')), name);
  }));
}

const BUILTIN = /^(?:int|str|float|bool|bytes|Mapped|Optional|None|True|False)$/;

/** What stands for the type in `Mapped[int]`, `Mapped[int | None]`, `int | None`; the optional part stays as it is. */
function innerType({ annotation, node }: Attribute): { readonly text: string; readonly at: number } | undefined {
  const type = node.childForFieldName('type');
  const found = /^(?:Mapped\[\s*)?(?:(?:typing\.)?Optional\[\s*)?(?<inner>[A-Za-z_][\w.]*)/d.exec(annotation);
  const at = found?.indices?.groups?.['inner']?.[0];
  return found === null || at === undefined || !type ? undefined : { text: found.groups?.['inner'] ?? '', at: type.startIndex + at };
}

/** The type in `Column(Integer, ForeignKey(…))`; undefined where the annotation alone decides. */
function typeArgument({ call }: Attribute): Call['arguments'][number] | undefined {
  return call?.arguments.find(({ name, value, splat }) => !splat && (name === undefined || name === 'type_' || name === 'sa_type') && !/^(?:[\w.]*ForeignKey|[\w.]*Identity|[\w.]*Sequence|[\w.]*Computed)\b|^["']/.test(value));
}

/** `invalid input for query argument $2: '0' ('str' object cannot be interpreted as an integer)`   `… $1: 5 (expected str, got int)` */
const CONVERSIONS: readonly { readonly said: RegExp; readonly into: string }[] = [
  { said: /^invalid input for query argument \$(?<at>\d{1,3}): '[^\n]{0,200}\('str' object cannot be interpreted as an integer\)/, into: 'int' },
  { said: /^invalid input for query argument \$(?<at>\d{1,3}): [^\n]{0,200}\(expected str, got (?:int|float|UUID|Decimal)\)/, into: 'str' },
];

/** Wraps the value that the call of that line gives for the parameter. */
export function convertedArgument(said: string, { file: path, line }: Place, source: Source): readonly Fix[] {
  const conversion = CONVERSIONS.find((each) => each.said.test(said));
  const at = Number(conversion?.said.exec(said)?.groups?.['at']);
  const file = source.files.get(path);
  if (conversion === undefined || file === undefined) return [];
  const call = callsOf(file).find((each) => each.line <= line && line <= each.node.endPosition.row + 1 && /\.(?:execute|fetch|fetchrow|fetchval)$/.test(each.written) && each.arguments.length > at);
  const argument = call?.arguments[at];
  return argument === undefined || argument.splat || argument.name !== undefined || argument.value.startsWith(`${conversion.into}(`) ? [] : fixOf({
    title: `Give parameter $${String(at)} as ${conversion.into}`, safety: 'likely', edits: replaceSpan(file, argument.valueSpan, `${conversion.into}(${argument.value})`),
    explanation: `The column holds ${conversion.into === 'int' ? 'integers' : 'texts'}, and asyncpg converts no values by itself.`,
  });
}
