/** As much of a shell script as start commands are made of: simple commands in order, and what happens when one fails. */

export interface SimpleCommand {
  readonly words: readonly string[];
  /** `NAME=value` before the first word. */
  readonly env: Readonly<Record<string, string>>;
  /** Counts from 1. */
  readonly line: number;
  /** Runs only sometimes: in a branch, a function, or after `||`. */
  readonly conditional: boolean;
  /** Part of a loop, which waits for something. */
  readonly loop: boolean;
  /** Its failure ends the script: `set -e`, or `&&` behind it. */
  readonly ends: boolean;
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly operator: boolean;
}

// One alternative each: comment, continued line, redirection, operator, word with quotes and substitutions.
const TOKEN = /(?<comment>(?<=^|\s)#[^\n]*)|(?<joint>\\\r?\n)|(?<redirect>\d?(?:>>?|<)(?:&\d|\s*[^\s;&|]+)?)|(?<operator>&&|\|\||;;|[;&|()\n])|(?<word>(?:"(?:\\[^]|[^"\\])*"|'[^']*'|\$\([^)]*\)|\$\{[^}]*\}|\\[^\n]|[^\s;&|()"'\\<>])+)/g;

function tokensOf(text: string): readonly Token[] {
  const found: Token[] = [];
  let line = 1;
  for (const match of text.matchAll(TOKEN)) {
    const { operator, word } = match.groups ?? {};
    if (operator !== undefined) found.push({ text: operator, line, operator: true });
    else if (word !== undefined) found.push({ text: word, line, operator: false });
    line += match[0].split('\n').length - 1;
  }
  return found;
}

/** Quotes taken off; `${NAME:-default}` is its default, what else is filled in at run time stays as written. */
function plain(word: string): string {
  return word.replace(/"(?<double>(?:\\[^]|[^"\\])*)"|'(?<single>[^']*)'|\\(?<escaped>[^])/g, (...match: unknown[]) => {
    const groups = match.at(-1) as Record<string, string | undefined>;
    return groups['double']?.replace(/\\(["\\$`])/g, '$1') ?? groups['single'] ?? groups['escaped'] ?? '';
  }).replace(/\$\{\w+:?-(?<word>[^{}]*)\}/g, '$<word>');
}

const OPENING = new Set(['if', 'case', '{']);
const CLOSING = new Set(['fi', 'esac', '}']);
const LOOPS = new Set(['while', 'until', 'for']);
const JOINING = new Set(['then', 'else', 'elif', 'do', '!', '{']);

/** The simple commands of a script, in the order written. Never throws: what is no shell gives few or none. */
export function simpleCommands(text: string): readonly SimpleCommand[] {
  const found: SimpleCommand[] = [];
  let strict = /^#!.*\s-\w*e/.test(text);
  let branches = 0;
  let loops = 0;
  let before = '';
  let words: Token[] = [];
  const finish = (operator: string): void => {
    const [first] = words;
    if (first === undefined) {
      // `\n` between `&&` and its command changes nothing.
      if (operator !== '\n') before = operator;
      return;
    }
    if (LOOPS.has(first.text)) loops += 1;
    if (OPENING.has(first.text)) branches += 1;
    if (CLOSING.has(first.text)) branches = Math.max(0, branches - 1);
    if (first.text === 'done') loops = Math.max(0, loops - 1);
    const rest = words.map((token) => token.text).slice(JOINING.has(first.text) ? 1 : 0);
    const isKeyword = LOOPS.has(first.text) || CLOSING.has(first.text) || first.text === 'done' || ['if', 'case'].includes(first.text);
    if (rest[0] === 'set' && rest.slice(1).some((word) => /^-\w*e|^errexit$/.test(word))) strict = true;
    if (!isKeyword && rest.length > 0) {
      const env: Record<string, string> = {};
      while (/^[A-Za-z_]\w*=/.test(rest[0] ?? '')) {
        const [name = '', ...value] = (rest.shift() ?? '').split('=');
        env[name] = plain(value.join('='));
      }
      found.push({ words: rest.map(plain), env, line: first.line, conditional: branches > 0 || before === '||', loop: loops > 0, ends: operator === '&&' || (strict && operator !== '||') });
    }
    before = operator;
    words = [];
  };
  for (const token of tokensOf(text)) {
    if (token.operator) finish(token.text);
    else words.push(token);
  }
  finish('\n');
  return found;
}

/** A list of words as the shell would read it. */
export function listText(words: readonly string[]): string {
  const [first = '', flag = ''] = words;
  if (/(^|\/)(ba|da|z)?sh$/.test(first) && /^-\w*c$/.test(flag)) return words[2] ?? '';
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', String.raw`'\''`)}'`)).join(' ');
}
