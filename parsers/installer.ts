/**
 * What pip and uv say when they cannot install: which package, and the innermost reason.
 * uv tells one story per run (`error:` with its causes, older releases `×` with a tree), pip one or more `ERROR:` lines.
 */
import type { InstallFacts } from './evidence.ts';
import type { LogicalLine } from './logical-lines.ts';

export interface InstallProblem extends InstallFacts {
  /** Positions in the list of logical lines; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

interface Pattern {
  readonly problem: InstallFacts['problem'];
  readonly pattern: RegExp;
}

/** In order: what says more stands first. Matched on one line without its glyphs, or on uv's whole `Because …` sentence. */
const PATTERNS: readonly Pattern[] = [
  // No space left on device (os error 28)   [Errno 28] No space left on device
  { problem: 'disk', pattern: /(?<reason>No space left on device)/ },
  // Request failed after 3 retries   Retrying (Retry(total=4, …)) after connection broken by …   dns error   Could not fetch URL
  { problem: 'unreachable', pattern: /(?<reason>(?:Request failed after \d+ retries|Retrying \(Retry\(total=\d+|Failed to fetch: |Could not fetch URL |error sending request for url|dns error|Temporary failure in name resolution).{0,300})/ },
  // Hash mismatch for `sqlmodel==0.0.22`   THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
  { problem: 'hash', pattern: /(?<reason>Hash mismatch for `(?<package>[\w.-]+)(?:==(?<version>[\w.+!-]+))?`|THESE PACKAGES DO NOT MATCH THE HASHES|hashes are required in --require-hashes mode)/i },
  // Couldn't parse requirement in `requirements.txt` at position 0   Invalid requirement: 'fastapi=0.1': Expected …
  { problem: 'invalid-requirement', pattern: /(?<reason>Couldn't parse requirement in .{1,200}|Invalid requirement: ?['"](?<text>[^'"]{1,200}).{0,300}|Failed to parse: `.{1,300})/ },
  // Error parsing included file in `r.txt` at position 0   Could not open requirements file: [Errno 2] …   Distribution not found at: file:///app/x
  { problem: 'missing-file', pattern: /(?<reason>Could not open requirements file: .{1,300}|File not found: `.{1,300}|failed to read from file `.{1,300}|Distribution not found at: .{1,300})/ },
  // The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.   pyproject.toml changed significantly since poetry.lock was last generated
  { problem: 'lock-outdated', pattern: /(?<reason>The lockfile at `?[^`]{1,100}`? needs to be updated.{0,100}|Unable to find lockfile.{0,100}|poetry\.lock was last generated.{0,200})/ },
  // Package 'x' requires a different Python: 3.14.0 not in '<3.13,>=3.9'
  { problem: 'requires-python', pattern: /(?<reason>Package '(?<package>[\w.-]+)' requires a different Python: .{1,200})/ },
  // The requested interpreter resolved to Python 3.11.7, which is incompatible with the project's Python requirement: `>=3.14`
  { problem: 'requires-python', pattern: /(?<reason>(?:resolved to Python|Python interpreter).{1,200}incompatible with the project.{0,200})/ },
  // Because the requested Python version (>=3.10) does not satisfy Python>=3.12 and numpy==2.5.0 depends on Python>=3.12, …
  { problem: 'requires-python', pattern: /(?<reason>Because .{0,400}?Python version \([^)]{1,60}\) does not satisfy Python.{1,4000})/s },
  // Because asyncpg==0.29.0 has no wheels with a matching Python ABI tag (e.g., `cp314`) and you require …   … has no usable wheels
  { problem: 'no-wheel', pattern: /(?<![\w.-])(?<package>[A-Za-z][\w.-]{0,100})(?:==(?<version>[\w.+!-]{1,60}))? has no (?:usable )?wheels/ },
  // Because there is no version of fastapi==99.0 …   Because there are no versions of x …   … was not found in the package registry
  { problem: 'no-version', pattern: /(?<reason>Because there (?:is no version|are no versions) of (?<package>[A-Za-z][\w.-]*)(?:\[[\w,-]+\])?(?:==(?<version>[\w.+!-]+))?.{0,4000})/s },
  { problem: 'no-version', pattern: /(?<reason>Because (?:only )?(?<package>[A-Za-z][\w.-]*?)(?:\[[\w,-]+\])?(?:[<>=!~]=?\S*)? (?:was not found in|is available|<=|>=|<|>).{0,4000})/s },
  { problem: 'conflict', pattern: /(?<reason>Because .{1,6000})/s },
  // No matching distribution found for fastapi==99.0
  { problem: 'no-version', pattern: /(?<reason>No matching distribution found for (?<package>[A-Za-z][\w.-]*)(?:\[[\w,-]+\])?(?:==(?<version>[\w.+!*-]+))?.{0,200})/ },
  // Cannot install fastapi==0.115.6 and starlette==1.0.0 because these package versions have conflicting dependencies.
  { problem: 'conflict', pattern: /(?<reason>Cannot install .{1,400} because these package versions have conflicting dependencies)/ },
  { problem: 'conflict', pattern: /(?<reason>ResolutionImpossible)/ },
  // Failed to build `asyncpg==0.27.0`   Failed to build 'psycopg2'   ERROR: Failed building wheel for psycopg2   Could not build wheels for x
  { problem: 'build', pattern: /(?<reason>Failed to build `?'?(?<package>[A-Za-z][\w.-]*)(?:==(?<version>[\w.+!-]+))?.{0,200})/ },
  { problem: 'build', pattern: /(?<reason>(?:Failed building wheel for|Could not build wheels for|Failed to build installable wheels for some pyproject\.toml based projects \(?) ?(?<package>[A-Za-z][\w.-]*).{0,200})/ },
  { problem: 'build', pattern: /(?<reason>Failed to download and build `(?<package>[A-Za-z][\w.-]*)(?:==(?<version>[\w.+!-]+))?`)/ },
  { problem: 'build', pattern: /(?<reason>subprocess-exited-with-error|metadata-generation-failed|Git operation failed.{0,100})/ },
];

/** Finds an installer's problems, the decisive one first. Empty when the text is no installer's. */
export function installProblems(lines: readonly LogicalLine[]): InstallProblem[] {
  const problems: InstallProblem[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const text = sentenceAt(lines, at);
    if (text === '' || isCopied(lines[at]?.text ?? '')) continue;
    const found = PATTERNS.map((entry) => ({ entry, groups: entry.pattern.exec(text)?.groups })).find((match) => match.groups);
    if (!found?.groups) continue;
    const { reason = text, package: name, version } = found.groups;
    const problem: InstallProblem = {
      problem: found.entry.problem, reason: oneLine(reason), start: at, end: lines.length,
      ...(name === undefined ? {} : { package: name }), ...(version === undefined ? {} : { version }),
    };
    const known = problems.findIndex((other) => isSame(other, problem));
    if (known === -1) problems.push(problem);
    else if (problems[known]?.package === undefined && name !== undefined) problems.splice(known, 1, { ...problem, start: problems[known]?.start ?? at });
  }
  if (problems.length === 0) return cutBuild(lines);
  return decisive(problems).map((problem) => withDetail(problem, lines));
}

/** A build's own words without the installer's sentence around them: the log was cut, or another tool built. */
function cutBuild(lines: readonly LogicalLine[]): InstallProblem[] {
  const reason = buildReason(lines);
  if (reason === null) return [];
  const needed = lines.map((line) => /required to build (?<package>[A-Za-z][\w.-]{0,100}) from source/.exec(line.text.slice(0, 2000))?.groups?.['package']).find((name) => name !== undefined);
  const start = Math.max(0, lines.findIndex((line) => line.text.includes(reason)));
  return [{ problem: 'build', reason, start, end: lines.length, ...(needed === undefined ? {} : { package: needed }) }];
}

/** One fault is told in several lines; later ones that add no package of their own are the same story. */
function isSame(a: InstallProblem, b: InstallProblem): boolean {
  if (a.problem === b.problem) return a.package === b.package || a.package === undefined || b.package === undefined;
  return b.package === undefined && (a.problem === 'hash' || b.reason === 'ResolutionImpossible');
}

/** A full disk, or an index that did not answer, makes every other line false: "no matching distribution" then means nothing. */
function decisive(problems: readonly InstallProblem[]): readonly InstallProblem[] {
  const machine = problems.find((problem) => problem.problem === 'disk') ?? problems.find((problem) => problem.problem === 'unreachable');
  return machine ? [machine] : problems;
}

/** `  ╰─▶ Because …` (older uv), `  cause: Because …` and the indented lines that go on with the sentence. */
function sentenceAt(lines: readonly LogicalLine[], at: number): string {
  const own = bare(lines[at]?.text ?? '');
  if (!own.startsWith('Because ')) return own.slice(0, 4000);
  const parts = [own];
  for (let next = at + 1; next < lines.length && parts.length < 200; next += 1) {
    const text = lines[next]?.text ?? '';
    if (!/^ {4,}\S/.test(text)) break;
    parts.push(bare(text));
  }
  return parts.join(' ').slice(0, 8000);
}

function bare(text: string): string {
  return text.replace(/^[\s×├╰│─▶]{0,40}/u, '').replace(/^(?:error|cause|Caused by|ERROR): /, '').trimEnd();
}

/** Output of the build itself, indented below the error: its words are reasons, never problems of their own. */
function isCopied(text: string): boolean {
  return /^ {6,}\S/.test(text) && !/^\s+(?:╰|├|×|Because|And because)/.test(text);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 1000);
}

/** What a source build really lacked, the most telling first. */
const BUILD_REASONS: readonly RegExp[] = [
  // Error: pg_config executable not found.
  /(?<reason>pg_config executable not found|pg_config is required to build \S{1,60})/,
  // error: the configured Python interpreter version (3.14) is newer than PyO3's maximum supported version (3.13)
  /(?<reason>the configured Python interpreter version \([\d.]+\) is newer than PyO3's maximum supported version \([\d.]+\))/,
  // fatal error: libpq-fe.h: No such file or directory
  /(?<reason>fatal error: [^\s:]{1,200}: No such file or directory)/,
  // /usr/bin/ld: cannot find -lpq
  /(?<reason>cannot find -l[\w.+-]{1,60})/,
  // error: command 'gcc' failed: No such file or directory   unable to execute 'gcc': No such file   command 'x86_64-linux-gnu-gcc' failed
  /(?<reason>(?:command|unable to execute) '?[\w./+-]{0,100}(?:gcc|cc|g\+\+|clang)'?(?: failed)?: No such file or directory|No such file or directory: '[\w./+-]{0,100}(?:gcc|cc|g\+\+|clang)')/,
  // error: can't find Rust compiler   Cargo, the Rust package manager, is not installed or is not on PATH.
  /(?<reason>can't find Rust compiler|Cargo, the Rust package manager, is not installed or is not on PATH)/,
  // ModuleNotFoundError: No module named 'pkg_resources'   ImportError: cannot import name 'x' from 'y'
  /^\s*(?<reason>(?:ModuleNotFoundError|ImportError): .{1,300})/,
  // asyncpg/protocol/protocol.c:1204:9: error: ‘PyLongObject’ has no member named ‘ob_digit’
  /(?<reason>[\w./-]{1,200}\.(?:c|cc|cpp|h|pyx|rs):\d{1,7}:\d{1,5}: error: .{1,300})/,
  // error[E0277]: the trait bound …
  /^\s*(?<reason>error\[E\d{4}\]: .{1,300})/,
  // TypeError: ForwardRef._evaluate() missing 1 required keyword-only argument: 'recursive_guard'
  /^\s*(?<reason>[A-Z]\w{1,60}(?:Error|Exception)(?:: .{1,300})?)$/,
  // error: Multiple top-level packages discovered in a flat-layout: ['alembic', 'src'].
  /^\s*(?<reason>error: .{1,300})/i,
];

/** pip: `    sqlmodel==0.0.22 from https://… (from -r requirements.txt (line 1)):` below its hash error */
const PINNED = /^ +(?<package>[A-Za-z][\w.-]{0,100})==(?<version>[\w.+!-]{1,60})[ :]/;

function withDetail(problem: InstallProblem, lines: readonly LogicalLine[]): InstallProblem {
  if (problem.problem === 'hash' && problem.package === undefined) {
    const found = lines.slice(problem.start, problem.start + 10).map((line) => PINNED.exec(line.text)?.groups).find((groups) => groups !== undefined);
    return found ? { ...problem, package: found['package'] ?? '', version: found['version'] ?? '' } : problem;
  }
  if (problem.problem === 'invalid-requirement' || problem.problem === 'missing-file' || problem.problem === 'unreachable') {
    const causes = lines.slice(problem.start + 1).filter((line) => /^\s+(?:cause|Caused by): /.test(line.text)).map((line) => bare(line.text));
    return { ...problem, reason: oneLine([problem.reason, ...causes.slice(-1)].join(': ')) };
  }
  if (problem.problem === 'conflict') return { ...problem, reason: oneLine([problem.reason, ...conflictCauses(lines, problem.start)].join('; ')) };
  if (problem.problem !== 'build') return problem;
  const reason = buildReason(lines.slice(problem.start).concat(lines.slice(0, problem.start)));
  return reason === null ? problem : { ...problem, reason };
}

/** pip lists who wants what below `The conflict is caused by:`. */
function conflictCauses(lines: readonly LogicalLine[], from: number): string[] {
  const start = lines.findIndex((line, at) => at >= from && line.text.startsWith('The conflict is caused by'));
  if (start === -1) return [];
  const end = lines.findIndex((line, at) => at > start && !/^ +\S/.test(line.text));
  return lines.slice(start + 1, end === -1 ? lines.length : end).map((line) => line.text.trim());
}

function buildReason(lines: readonly LogicalLine[]): string | null {
  for (const pattern of BUILD_REASONS) {
    for (const line of lines) {
      const reason = pattern.exec(line.text.slice(0, 2000))?.groups?.['reason'];
      if (reason !== undefined && !/Failed to build|^error: subprocess-exited/i.test(reason)) return oneLine(reason);
    }
  }
  return null;
}
