/** Class statements that Python refuses, written so that it takes them. */
import { callsOf } from '../../source/python.ts';
import { removeItem } from '../../source/list-edits.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Source } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { ancestorsOf, fieldsOf, resolvedBases, withoutLines } from './class-bodies.ts';
import type { Base, ClassBody } from './class-bodies.ts';
import { insertAt } from './text-lines.ts';
import { fixOf } from './words.ts';

/** Leaves out a base that another one of the list already has above it, or that stands there twice. */
export function withoutSpareBase(body: ClassBody, source: Source): readonly Fix[] {
  const list = body.node.childForFieldName('superclasses');
  const written = (list?.namedChildren ?? []).flatMap((each) => (each === null || each.type === 'comment' ? [] : [each]));
  const bases = resolvedBases(body, source);
  const above = bases.map(({ body: base }) => (base === undefined ? new Set<string>() : originsAbove(base, source)));
  /** The base that makes the one at this place spare: the same again further to the front, or one that is derived from it. */
  const bringing = (at: number): Base | undefined => bases.find((other, there) => there !== at && (other.origin === bases[at]?.origin ? there < at : above[there]?.has(bases[at]?.origin ?? '')));
  const spare = bases.findIndex((_, at) => bringing(at) !== undefined);
  const node = written[spare];
  const by = bringing(spare);
  if (node === undefined || by === undefined) return [];
  const splice = removeItem(written.map((each) => ({ start: each.startIndex, end: each.endIndex })), spare);
  return fixOf({
    title: `Leave the base ${node.text} out of ${body.name}`, safety: 'safe', edits: replaceSpan(body.file, splice, splice.text),
    explanation: `${by.body?.name ?? by.origin} brings ${node.text} already, so that ${body.name} keeps all its bases.`,
  });
}

function originsAbove(body: ClassBody, source: Source): ReadonlySet<string> {
  return new Set([body, ...ancestorsOf(body, source)].flatMap((each) => resolvedBases(each, source)).map(({ origin }) => origin));
}

/** A member that is written a second time with the same value says nothing new. */
export function withoutSecondMember(body: ClassBody): readonly Fix[] {
  const members = fieldsOf(body);
  const again = members.find(({ name, value }, at) => members.slice(0, at).some((before) => before.name === name && before.value?.text === value?.text));
  const statement = again?.node.parent;
  if (again === undefined || !statement) return [];
  return fixOf({
    title: `Leave the second ${again.name} out of ${body.name}`, safety: 'safe', edits: [withoutLines(body.file, statement)],
    explanation: `${again.name} stands in ${body.name} twice with the same value.`,
  });
}

/** `@dataclass(kw_only=True)`, where no object is made with values by position. */
export function keywordOnly(body: ClassBody, source: Source): readonly Fix[] {
  const { file, node, name } = body;
  const decorator = node.parent?.namedChildren.find((each) => each?.type === 'decorator' && /\bdataclass\b/.test(each.text));
  const calls = [...source.files.values()].filter((each) => each.path.endsWith('.py') && each.text.includes(name)).flatMap((each) => callsOf(each)).filter((call) => call.written.split('.').at(-1) === name);
  if (!decorator || /\bkw_only\b/.test(decorator.text) || calls.some((call) => call.arguments.some((each) => each.name === undefined || each.splat))) return [];
  const open = /^@[\w.]+(?<brackets>\(\s*)?/.exec(decorator.text);
  const inside = decorator.text.slice(open?.[0].length ?? 0).trim();
  const edits = open?.groups?.['brackets'] === undefined ? [insertAt(file, decorator.endIndex, '(kw_only=True)')] : [insertAt(file, decorator.startIndex + open[0].length, inside === ')' ? 'kw_only=True' : 'kw_only=True, ')];
  return fixOf({
    title: `Make the fields of ${name} keyword-only`, safety: 'likely', edits,
    explanation: `Keyword-only parameters may stand in any order. ${calls.length === 0 ? `Nothing in the tree makes a ${name} with values by position.` : `Every call of ${name} in the tree names its values already.`}`,
  });
}
