/** Crashes inside installed packages: which packages the last exception went through, and how the tree got there. */
import type { Evidence, ExceptionInfo, Frame } from '../../parsers/evidence.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { Distribution, PackageIndex } from '../../source/types.ts';
import { isType } from './faults.ts';

export interface Crash {
  /** Index in `Evidence.faults`. */
  readonly at: number;
  readonly exception: ExceptionInfo;
  /** Owners of the frames, the innermost first. */
  readonly owners: readonly Distribution[];
  /** The innermost frame of a package. */
  readonly frame: Frame;
  /** The tree only imported something: no value of its own had a part in it. */
  readonly importing: boolean;
}

/** What a wrong version looks like. A refused connection or a setting that does not validate is none of it. */
const TYPES = [
  'AssertionError', 'TypeError', 'AttributeError', 'ImportError', 'ModuleNotFoundError', 'NameError', 'KeyError', 'SyntaxError', 'ConfigError', 'RuntimeError', 'PydanticUserError',
  'PydanticImportError', 'ValueError', 'FastAPIError', 'InvalidRequestError', 'PydanticSchemaGenerationError',
];

/** Crashes before the server was up whose innermost frame (the standard library aside) lies in a package of the environment, the server's own included. */
export function crashesIn(evidence: Evidence, index: PackageIndex): readonly Crash[] {
  return evidence.faults.flatMap((fault, at) => {
    const exception = fault.form === 'exception' && (fault.during === 'start' || fault.during === 'request') ? fault.chain.at(-1) : undefined;
    if (exception === undefined || !isType(exception, ...TYPES)) return [];
    // What carries an import or a loop (`importlib`, `asyncio/runners.py`) is the standard library too.
    const path = exception.frames.filter(({ owner, file }) => owner !== 'stdlib' && (owner !== 'server' || /(?:site|dist)-packages\//.test(file))).toReversed();
    const end = path.findIndex(({ owner }) => owner === 'tree');
    const owned = path[0]?.owner;
    const inside = (end === -1 ? path : path.slice(0, end)).filter(({ owner }) => owner === 'package' || owner === owned);
    const [frame] = inside;
    if (frame === undefined || (owned !== 'package' && owned !== 'server')) return [];
    const owners = [...new Set(inside.flatMap((each) => ownerOf(each, index) ?? []))];
    const caller = end === -1 ? undefined : path[end]?.source;
    return owners.length === 0 ? [] : [{ at, exception, owners, frame, importing: caller !== undefined && /^(?:from|import)\s/.test(caller) }];
  });
}

export interface Refusal {
  /** Index in `Evidence.faults`. */
  readonly at: number;
  readonly exception: ExceptionInfo;
  /** Whose code raised it. */
  readonly owner: Distribution;
  /** The line of the tree that asked. */
  readonly caller: Frame;
}

/**
 * Exceptions of the start that a package raises on purpose (`raise`, `assert`) about a call, a decorator or a class of the tree; an import asks for
 * nothing. A class that one package hands on to another, which then refuses it, may as well show that the two do not go together.
 */
export function refusals(evidence: Evidence, index: PackageIndex): readonly Refusal[] {
  return evidence.faults.flatMap((fault, at) => {
    const exception = fault.form === 'exception' && fault.during === 'start' ? fault.chain.at(-1) : undefined;
    const innermost = exception?.frames.findLast(({ owner }) => owner !== 'stdlib');
    const caller = exception?.frames.findLast(({ owner }) => owner === 'tree');
    const owner = innermost?.owner === 'package' ? ownerOf(innermost, index) : undefined;
    if (exception === undefined || caller === undefined || owner === undefined || !isOnPurpose(exception, innermost?.source?.trim() ?? '')) return [];
    const code = caller.source?.trim() ?? '';
    const between = exception.frames.slice(exception.frames.lastIndexOf(caller) + 1).filter((frame) => frame.owner === 'package');
    const isShared = /^class\b/.test(code) && between.some((frame) => ownerOf(frame, index) !== owner);
    return /^(?:from|import)\b/.test(code) || isShared ? [] : [{ at, exception, owner, caller }];
  });
}

/** An assertion may also fall over what it was given while it looks. */
function isOnPurpose(exception: ExceptionInfo, code: string): boolean {
  return /^raise\b/.test(code) || (/^assert\b/.test(code) && isType(exception, 'AssertionError'));
}

/** The distribution whose top-level module the file belongs to. */
export function ownerOf(frame: Pick<Frame, 'file'>, index: PackageIndex): Distribution | undefined {
  const top = /(?:^|\/)(?:site|dist)-packages\/(?<top>[^/]+)/.exec(frame.file.replaceAll('\\', '/'))?.groups?.['top'];
  const module = top?.replace(/\.(?:py|so|pyd|cpython-[\w-]+\.so)$/, '');
  return module === undefined ? undefined : index.distributions.find((distribution) => distribution.modules.includes(module));
}

/** What runs the app is passed by every start: only where the crash itself lies in it does it say anything. */
const RUNNERS: ReadonlySet<string> = new Set(['uvicorn', 'click', 'uvloop', 'anyio', 'h11']);

/**
 * What may have to have another version, the likeliest first: the owner of the innermost frame, whoever it is; installed packages that the message or
 * the code of the last frames names (`_bcrypt.hashpw(secret, config)`); then the owners of the other frames.
 */
export function suspectsOf(crash: Pick<Crash, 'exception' | 'owners'>, index: PackageIndex): readonly Distribution[] {
  // 'typing' … `pydantic.v1`   jinja2 must be installed to use Jinja2Templates
  const message = [...crash.exception.message.slice(0, 1_000).matchAll(/['"`](?<word>[a-z_]\w*)[.\w]*['"`]|\b(?<needed>[a-z_]\w+) must be installed/gi)].map((match) => match.groups?.['word'] ?? match.groups?.['needed'] ?? '');
  const code = crash.exception.frames.slice(-3).flatMap((frame) => (frame.owner === 'package' ? (frame.source ?? '').slice(0, 300).match(/[a-z][a-z0-9]{2,}(?=\.\w)/gi) ?? [] : []));
  const named = [...message, ...code].flatMap((word) => index.distributions.find((distribution) => distribution.modules.includes(word)) ?? []);
  const isRunner = ({ name }: Distribution): boolean => RUNNERS.has(normaliseName(name));
  // A crash that never left the server: any part of it may be the old one.
  const end = crash.owners.findIndex((owner) => !isRunner(owner));
  const innermost = crash.owners.slice(0, end === -1 ? undefined : Math.max(end, 1));
  return [...new Set([...innermost, ...[...named, ...crash.owners].filter((owner) => !isRunner(owner))])];
}
