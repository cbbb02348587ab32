/**
 * Logger dresses: what stands before the message of a log record, whoever formatted it.
 * One record of uvicorn looks different under basicConfig, gunicorn, loguru, structlog or rich; the message is the same.
 */

export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export interface RecordHead {
  /** Absent when only a time stamp was recognised. */
  readonly level?: Level;
  readonly logger?: string;
  /** First line of the message. */
  readonly message: string;
}

/** Heads are short; looking further would cost time on long lines and find words of the message. */
const LONGEST_HEAD = 300;

const LEVELS: Readonly<Record<string, Level>> = {
  trace: 'DEBUG', debug: 'DEBUG', info: 'INFO', notice: 'INFO', success: 'INFO', warn: 'WARNING', warning: 'WARNING',
  err: 'ERROR', error: 'ERROR', exception: 'ERROR', critical: 'CRITICAL', fatal: 'CRITICAL', panic: 'CRITICAL', alert: 'CRITICAL',
};

const NAMES = 'TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL';
const BARE: readonly RegExp[] = [
  // ERROR:    Application startup failed. Exiting.
  new RegExp(`^(?<level>${NAMES}): {1,10}(?<message>.*)`),
  // ERROR:uvicorn.error:Application startup failed. Exiting.
  new RegExp(`^(?<level>${NAMES}):(?<logger>[A-Za-z_][\\w.-]{0,120}):(?<message>.*)`),
  // ERROR (uvicorn.error): Application startup failed. Exiting.
  new RegExp(`^(?<level>${NAMES}) \\((?<logger>[\\w.-]{1,120})\\):? (?<message>.*)`),
  // ERROR [alembic.util.messaging] Can't locate revision identified by 'abc'
  new RegExp(`^(?<level>${NAMES}) {1,4}\\[(?<logger>[\\w.-]{1,120})\\] (?<message>.*)`),
  // [ERROR] uvicorn.error: Application startup failed.   or   ERROR - text   or   ERROR | text
  new RegExp(`^\\[?(?<level>${NAMES}) *\\]? *(?:[-|] )(?:(?<logger>[\\w]+\\.[\\w.]{1,120})(?: [-|] |: ))?(?<message>.*)`),
  new RegExp(`^\\[(?<level>${NAMES}) *\\] (?:(?<logger>[\\w]+\\.[\\w.]{1,120}): )?(?<message>.*)`),
  // [error    ] Application startup failed     [uvicorn.error]      (structlog's console)
  /^\[(?<level>debug|info|warning|error|critical|exception) *\] (?<message>.*)/,
  //    ERROR    Application startup failed. Exiting.                (rich)
  new RegExp(`^ {0,40}(?<level>${NAMES}) {2,}(?<message>\\S.*)`),
];

/** `2026-11-24 05:40:00,123`, `[2026-11-24 05:40:00 +0000]`, `2026-11-24T05:40:00.123Z`, `2026/11/24 05:40:00`, `[11/24/26 05:40:00]` */
const STAMP = /^\[?(?:\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d|\d\d\/\d\d\/\d\d(?:\d\d)? \d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?: ?[+-]\d\d:?\d\d|Z)?\]?(?=[\s|,:-]|$)/;
const LEVEL_TOKEN = /^[[(<]?\s{0,4}(?<level>[A-Za-z]{3,9})\s{0,8}[\])>]?(?=[\s:|\]-]|$)/;
const OTHER_TOKEN = /^(?:\[[^\]]{1,80}\]|\([^)]{1,80}\)|[\w.:<>/-]{1,80})(?=[\s:|,-]|$)/;
const SEPARATORS = /^[\s|,:-]{0,60}/;
/** `uvicorn.lifespan.on:send:123 - `, `[uvicorn.error] `, `uvicorn.error: `, `root - ` */
const LOGGER_AFTER = /^(?:\[(?<bracketed>[\w.:-]{1,120})\]:? |(?<call>[\w.]{1,120}:[\w<>]{1,80}:\d{1,6})(?: - |: | \| )|(?<dotted>\w{1,60}\.[\w.]{1,80})(?:: | - | \| )|(?<dashed>\w{1,60}) - )/;

/** Recognises the head of a log record; null for any other line. */
export function recordHead(line: string): RecordHead | null {
  const start = line.slice(0, LONGEST_HEAD);
  const rest = line.slice(LONGEST_HEAD);
  const stamp = STAMP.exec(start);
  if (stamp) return afterStamp(start.slice(stamp[0].length), rest);
  for (const pattern of BARE) {
    const found = pattern.exec(start)?.groups;
    if (found) return head(LEVELS[(found['level'] ?? '').toLowerCase()], found['logger'], (found['message'] ?? '') + rest);
  }
  return null;
}

function head(level: Level | undefined, logger: string | undefined, message: string): RecordHead {
  return { message, ...(level === undefined ? {} : { level }), ...(logger === undefined ? {} : { logger }) };
}

function afterStamp(text: string, rest: string): RecordHead {
  let left = text;
  let logger: string | undefined;
  for (let tokens = 0; tokens < 5; tokens += 1) {
    left = left.replace(SEPARATORS, '');
    const found = LEVEL_TOKEN.exec(left);
    const level = found ? LEVELS[(found.groups?.['level'] ?? '').toLowerCase()] : undefined;
    if (found && level !== undefined) return afterLevel(level, logger, left.slice(found[0].length), rest);
    const other = OTHER_TOKEN.exec(left);
    if (!other) break;
    if (/^\[?[A-Za-z_][\w.]*\]?$/.test(other[0])) logger = other[0].replace(/[[\]]/g, '');
    left = left.slice(other[0].length);
  }
  return { message: text.replace(SEPARATORS, '') + rest };
}

function afterLevel(level: Level, before: string | undefined, text: string, rest: string): RecordHead {
  const left = text.replace(SEPARATORS, '');
  const found = LOGGER_AFTER.exec(left);
  const { bracketed, call, dotted, dashed } = found?.groups ?? {};
  const message = left.slice(found?.[0].length ?? 0);
  // ERROR [5f2c…] uvicorn.error: the first is the number of a request, or whatever else goes with each record.
  const behind = bracketed === undefined ? null : LOGGER_AFTER.exec(message);
  const real = behind?.groups?.['call'] ?? behind?.groups?.['dotted'];
  if (behind !== null && real !== undefined) return head(level, real, message.slice(behind[0].length) + rest);
  return head(level, bracketed ?? call ?? dotted ?? dashed ?? before, message + rest);
}
