/** Failures that a server or a command-line tool tells in one line, without a traceback. */
import type { ServerFacts } from './evidence.ts';
import type { LogicalLine } from './logical-lines.ts';

export interface ServerLine extends ServerFacts {
  readonly text: string;
  /** Positions in the list of logical lines; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

interface Pattern {
  readonly problem: ServerFacts['problem'];
  readonly pattern: RegExp;
}

/** The first that fits counts. A sample stands above each pattern. */
const PATTERNS: readonly Pattern[] = [
  // Error loading ASGI app. Could not import module "src.main".
  { problem: 'module-missing', pattern: /Could not import module "(?<module>[^"]{1,300})"/ },
  // Error loading ASGI app. Attribute "app" not found in module "src.main".
  { problem: 'attribute-missing', pattern: /Attribute "(?<attribute>[^"]{1,200})" not found in module "(?<module>[^"]{1,300})"/ },
  // Error loading ASGI app. Import string "app" must be in format "<module>:<attribute>".
  { problem: 'target-format', pattern: /Import string "(?<target>[^"]{0,300})" must be in format/ },
  // Error loading ASGI app factory: create_app() missing 1 required positional argument: 'settings'
  { problem: 'factory-failed', pattern: /Error loading ASGI app factory: (?<reason>.{1,400})/ },
  // ASGI app factory detected. Using it, but please consider setting the --factory flag explicitly.
  { problem: 'factory-detected', pattern: /ASGI app factory detected/ },
  // [Errno 98] error while attempting to bind on address ('0.0.0.0', 8080): address already in use
  { problem: 'bind', pattern: /\[errno (?<errno>\d{1,4})\] error while attempting to bind on address \((?<address>[^)]{1,200})\): (?<reason>.{1,200})/i },
  // [Errno 98] Address already in use   (with --reload or --workers)
  { problem: 'bind', pattern: /^\[errno (?<errno>\d{1,4})\] (?<reason>Address already in use|Cannot assign requested address|Permission denied)$/i },
  // Connection in use: ('0.0.0.0', 8000)   (gunicorn)
  { problem: 'bind', pattern: /^(?<reason>Connection in use): \((?<address>[^)]{1,200})\)/ },
  // You must pass the application as an import string to enable 'reload' or 'workers'.
  { problem: 'needs-import-string', pattern: /You must pass the application as an import string/ },
  // FAILED: Can't locate revision identified by 'abc123'
  { problem: 'alembic', pattern: /^FAILED: (?<reason>.{1,1000})/ },
  // /env/bin/python: No module named uvicorn
  { problem: 'command-missing', pattern: /^\S*python[\w.]{0,10}: No module named (?<module>[\w.]{1,200})\s*$/ },
  // /env/bin/python: Error while finding module specification for 'src.main' (ModuleNotFoundError: No module named 'src')
  { problem: 'command-missing', pattern: /^\S*python[\w.]{0,10}: Error while finding module specification for '(?<module>[^']{1,200})'/ },
  // python: can't open file '/app/run.py': [Errno 2] No such file or directory
  { problem: 'command-missing', pattern: /^\S*python[\w.]{0,10}: can't open file '(?<file>[^']{1,400})'/ },
  // /bin/sh: 1: uvicorn: not found   bash: line 1: uvicorn: command not found   sh: uvicorn: not found
  { problem: 'command-missing', pattern: /^(?:\/[\w/]{1,40}\/)?(?:ba|da|z|a)?sh: (?:(?:line )?\d{1,5}: )?(?<command>[^\s:]{1,200}): (?:command )?not found/ },
  // sh: 1: cd: backend: No such file or directory
  { problem: 'command-missing', pattern: /^(?:ba|da)?sh: (?:(?:line )?\d{1,5}: )?cd: (?<file>[^:]{1,400}): (?<reason>No such file or directory)/ },
  // exec: "uvicorn": executable file not found in $PATH
  { problem: 'command-missing', pattern: /exec: "(?<command>[^"]{1,200})": (?:executable file not found|stat )/ },
];

/** click: `Error: Invalid value for '--port': '$PORT' is not a valid integer.`; argparse: `alembic: error: argument …` */
const USAGE_ERROR = /^(?:Error: (?<reason>.{1,1000})|[\w.-]{1,60}: error: (?<other>.{1,1000}))/;
/** typer's box: `│ Invalid value for '--port': 'x' is not a valid integer. │` below `╭─ Error ─────╮` */
const BOXED = /^│ (?<reason>.{1,1000}?) *│$/;

/** Finds them in one stream. */
export function serverLines(lines: readonly LogicalLine[]): ServerLine[] {
  const out: ServerLine[] = [];
  let usageAt = -1;
  lines.forEach((line, at) => {
    if (/^\s?(?:Usage|usage): /.test(line.text)) usageAt = at;
    const usage = usageAt !== -1 && at - usageAt <= 8 ? usageError(lines, at) : null;
    const known = usage ?? knownLine(line.text);
    if (!known) return;
    if (usage) {
      out.push({ ...usage, start: usageAt, end: at + 1 });
      usageAt = -1;
    } else {
      out.push({ ...known, start: at, end: at + 1 });
    }
  });
  return out;
}

function knownLine(text: string): (ServerFacts & { text: string }) | null {
  for (const { problem, pattern } of PATTERNS) {
    const found = pattern.exec(text.slice(0, 2000));
    if (found) return { problem, text, ...named(found.groups) };
  }
  return null;
}

function named(groups: Readonly<Record<string, string>> | undefined): Partial<ServerFacts> {
  return Object.fromEntries(Object.entries(groups ?? {}).filter(([, value]) => value !== undefined));
}

function usageError(lines: readonly LogicalLine[], at: number): (ServerFacts & { text: string }) | null {
  const text = lines[at]?.text ?? '';
  const found = USAGE_ERROR.exec(text)?.groups;
  const boxed = (lines[at - 1]?.text ?? '').startsWith('╭─ Error ─') ? BOXED.exec(text)?.groups : undefined;
  const reason = found?.['reason'] ?? found?.['other'] ?? boxed?.['reason'];
  return reason === undefined ? null : { problem: 'usage', reason, text: found ? text : `Error: ${reason}` };
}
