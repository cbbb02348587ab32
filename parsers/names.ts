/** What the faults name: modules, symbols, distributions. The package index is asked about these and nothing else. */
import type { ExceptionInfo, Fault } from './evidence.ts';

const MOST = 50;

/** A sample stands above each pattern. */
const MESSAGES: readonly RegExp[] = [
  // No module named 'src.core'   No module named 'x'; 'y' is not a package
  /No module named '?(?<a>[\w.]{1,200})'?(?:; '(?<b>[\w.]{1,200})' is not a package)?/g,
  // cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session' (/env/lib/…)   … from partially initialized module 'x'
  /cannot import name '(?<a>\w{1,200})' from (?:partially initialized module )?'(?<b>[\w.]{1,200})'/g,
  // module 'jwt' has no attribute 'encode'   partially initialized module 'x' has no attribute 'y'
  /module '(?<a>[\w.]{1,200})' has no attribute '(?<b>\w{1,200})'/g,
  // 'FastAPI' object has no attribute 'on_event'   type object 'X' has no attribute 'y'
  /'(?<a>[\w.]{1,200})' (?:object )?has no attribute '(?<b>\w{1,200})'/g,
  // Expected string or URL object, got PostgresDsn('…')   can only concatenate str (not "HttpUrl") to str   expected str instance, HttpUrl found
  /[Ee]xpected (?:a )?str(?:ing)?\b[^\n]{0,60}?\b(?:got|not) (?:an? )?['"<]?(?<a>[A-Za-z_]\w{0,200})|str \(not "(?<b>\w{1,200})"\)/g,
  /expected str instance, (?<a>\w{1,200}) found/g,
  // unsupported operand type(s) for +: 'HttpUrl' and 'str'   argument of type 'PostgresDsn' is not a container or iterable
  /operand type\(s\) for \+: '(?<a>\w{1,200})' and '(?<b>\w{1,200})'/g,
  /argument of type '(?<a>\w{1,200})' is not/g,
  // name 'Optional' is not defined   cannot access local variable 'x'
  /name '(?<a>\w{1,200})' is not defined/g,
  // create_engine() got an unexpected keyword argument 'x'   AsyncClient.__init__() missing 1 required positional argument: 'x'
  /(?<a>[A-Za-z_][\w.]{0,200})\(\) (?:got an unexpected|missing \d|takes |got multiple)/g,
  // module "src.main"   Attribute "app"   (uvicorn)
  /module "(?<a>[\w.]{1,200})"/g,
  /Attribute "(?<a>\w{1,200})" not found/g,
  // Form data requires "python-multipart" to be installed.   email-validator is not installed
  /requires "?(?<a>[\w.-]{1,100})"? to be installed/g,
  /(?<a>[A-Za-z][\w.-]{1,100}) (?:is not installed|must be installed|needs to be installed)/g,
  // `BaseSettings` has been moved to the `pydantic-settings` package
  /`(?<a>[\w.-]{1,100})` has been moved to the `(?<b>[\w.-]{1,100})` package/g,
  // Please run `pip install httpx`   pip install pydantic[email]
  /pip install '?"?(?<a>[A-Za-z][\w.-]{0,100})/g,
  // No package metadata was found for httpx   The 'httpx' distribution was not found   Do you have cryptography installed?
  /No package metadata was found for '?(?<a>[A-Za-z][\w.-]{0,100})|The '(?<b>[A-Za-z][\w.-]{0,100})' distribution was not found/g,
  /[Dd]o you have (?<a>[A-Za-z][\w.-]{0,100}) installed/g,
  // The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is not async.
  /The loaded '(?<a>[\w.]{1,100})' is not async/g,
  // Can't load plugin: sqlalchemy.dialects:postgres.asyncpg
  /Can't load plugin: (?<a>[\w.]{1,100}):(?<b>[\w.]{1,100})/g,
  // `User` is not fully defined   expression 'Team' failed to locate a name ('Team')
  /`(?:TypeAdapter\[)?(?<a>\w{1,200})\]?` is not fully defined|failed to locate a name \('?"?(?<b>\w{1,200})/g,
];

/** Identifiers on a source line are looked up only for errors that mean "this thing is not what the code thinks". */
const LOOKS_AT_SOURCE = /^(?:AttributeError|TypeError|NameError|ImportError|UnboundLocalError|.*\.(?:ArgumentError|InvalidRequestError|MissingGreenlet|PydanticUserError|PydanticImportError))$/;
const KEYWORDS = new Set(
  ('False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise ' +
    'return try while with yield self cls str int bool dict list set tuple print len').split(' '),
);

/** Names that the faults mention, first mentioned first, at most 50. */
export function namesOf(faults: readonly Fault[]): string[] {
  const names = new Set<string>();
  for (const fault of faults) {
    for (const name of [...namesInText(messagesOf(fault)), ...namesInFacts(fault)]) names.add(name);
  }
  for (const fault of faults) {
    const { chain } = fault;
    for (const name of chain.flatMap(namesInSource)) names.add(name);
  }
  return [...names].filter((name) => name !== '').slice(0, MOST);
}

function messagesOf(fault: Fault): string {
  return fault.chain.length > 0 ? fault.chain.map((exception) => exception.message.slice(0, 4000)).join('\n') : fault.summary;
}

function namesInText(text: string): string[] {
  return MESSAGES.flatMap((pattern) => [...text.matchAll(pattern)].flatMap((match) => [match.groups?.['a'] ?? '', match.groups?.['b'] ?? '']));
}

function namesInFacts(fault: Fault): string[] {
  const required = [...(fault.install?.reason ?? '').matchAll(/(?<![\w.-])(?<name>[A-Za-z][\w.-]{0,100})(?:\[[\w,-]{1,100}\])?(?:[=<>!~]=|[<>]| [\d.]{1,20} depends on )/g)].map((match) => match.groups?.['name'] ?? '');
  return [...required.filter((name) => name !== 'Python'), fault.install?.package ?? '', fault.server?.module ?? '', fault.server?.attribute ?? '', fault.server?.command ?? ''];
}

function namesInSource(exception: ExceptionInfo): string[] {
  if (!LOOKS_AT_SOURCE.test(exception.type)) return [];
  const lines = exception.frames.filter((frame) => frame.owner === 'tree').map((frame) => frame.source ?? '').reverse();
  return lines.flatMap((line) => [...withoutStrings(line).matchAll(/[\p{L}_][\p{L}\p{N}_]*/gu)].map((match) => match[0]).filter((name) => !KEYWORDS.has(name)));
}

function withoutStrings(line: string): string {
  // A string that goes on in the next line has no end here.
  return line.slice(0, 1000).replace(/"[^"]*"|'[^']*'/g, '').replace(/["'#].*$/, '');
}
