/**
 * Log records written as data: one JSON object or one logfmt line each. The traceback hides in a field with `\n` in it,
 * or, from structlog, as a list of frames; both become the lines the interpreter would have printed.
 */
import type { Level } from './record-head.ts';
import { recordHead } from './record-head.ts';

export interface StructuredRecord {
  readonly level: Level;
  readonly logger?: string;
  /** Message first, then the traceback; never empty. */
  readonly lines: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const LEVEL_KEYS = ['level', 'levelname', 'severity', 'log.level', 'lvl', 'level_name'];
const MESSAGE_KEYS = ['message', 'msg', 'event', 'text', '@message', 'short_message'];
const LOGGER_KEYS = ['logger', 'name', 'logger_name', 'log.logger'];
const TRACE_KEYS = ['exc_info', 'exception', 'exc_text', 'stack', 'stack_trace', 'error.stack_trace', 'traceback', 'stack_info', 'exc', 'full_message'];

/** null when the line is no record of this kind. */
export function structuredRecord(line: string): StructuredRecord | null {
  const text = line.trim();
  if (text.startsWith('{') && text.endsWith('}')) return fromJson(text);
  if (/(?:^| )level=\S/.test(text.slice(0, 400)) && /(?:^| )(?:msg|message|event)=\S/.test(text.slice(0, 2000))) return fromFields(logfmt(text));
  return null;
}

function fromJson(text: string): StructuredRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? fromFields(value) : null;
  } catch {
    // A Python dict or half a line looks like JSON and is not.
    return null;
  }
}

function fromFields(fields: Json): StructuredRecord | null {
  const nested = isObject(fields['record']) ? fields['record'] : {};
  const level = levelOf(pick(fields, LEVEL_KEYS) ?? pick(nested, LEVEL_KEYS));
  const message = firstString(fields, MESSAGE_KEYS) ?? firstString(nested, MESSAGE_KEYS);
  if (level === null || message === null) return null;
  // loguru's serialised record repeats the traceback in `text`, with everything that its exception field leaves out.
  const trace = message.includes('Traceback (most recent call last)') ? [] : traceOf(fields);
  const logger = firstString(fields, LOGGER_KEYS) ?? firstString(nested, LOGGER_KEYS);
  const lines = [...inner(message).split('\n'), ...trace];
  return { level, lines, ...(logger === null ? {} : { logger }) };
}

/** loguru puts the dressed line into `text`: take its dress off as well. */
function inner(message: string): string {
  const newline = message.indexOf('\n');
  const first = newline === -1 ? message : message.slice(0, newline);
  const known = recordHead(first);
  return known?.level === undefined ? message : known.message + (newline === -1 ? '' : message.slice(newline));
}

function traceOf(fields: Json): string[] {
  const error = isObject(fields['error']) ? fields['error'] : {};
  for (const value of [pick(fields, TRACE_KEYS), pick(error, ['stack_trace', 'stack', 'traceback'])]) {
    if (typeof value === 'string') return value.split('\n');
    if (Array.isArray(value)) return value.every((part) => typeof part === 'string') ? value.join('').split('\n') : structlogLines(value);
  }
  return [];
}

/** structlog's `dict_tracebacks`: `[{exc_type, exc_value, is_cause, frames: [{filename, lineno, name, line}]}]`, last raised first. */
function structlogLines(stacks: readonly unknown[]): string[] {
  const blocks = stacks.filter(isObject).map((stack) => {
    const frames = Array.isArray(stack['frames']) ? stack['frames'].filter(isObject) : [];
    const lines = frames.flatMap((frame) => [
      `  File "${String(frame['filename'])}", line ${String(frame['lineno'])}, in ${String(frame['name'])}`,
      ...(typeof frame['line'] === 'string' && frame['line'] !== '' ? [`    ${frame['line'].trim()}`] : []),
    ]);
    const value = String(stack['exc_value'] ?? '');
    return { cause: stack['is_cause'] === true, text: ['Traceback (most recent call last):', ...lines, `${String(stack['exc_type'])}${value && `: ${value}`}`] };
  });
  return blocks.reverse().flatMap((block, position) => {
    const link = block.cause ? 'The above exception was the direct cause of the following exception:' : 'During handling of the above exception, another exception occurred:';
    // In structlog's order a stack says how the *next* one (raised earlier) relates to it; reversed, that is the one before.
    return position === blocks.length - 1 ? block.text : [...block.text, '', link, ''];
  });
}

function pick(fields: Json, keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = fields[key];
    if (value !== undefined && value !== null && value !== '' && value !== true && value !== false) return value;
  }
  return undefined;
}

function firstString(fields: Json, keys: readonly string[]): string | null {
  const value = keys.map((key) => fields[key]).find((candidate) => typeof candidate === 'string' && candidate !== '');
  return typeof value === 'string' ? value : null;
}

const NUMBERS: readonly (readonly [number, Level])[] = [[50, 'CRITICAL'], [40, 'ERROR'], [30, 'WARNING'], [20, 'INFO'], [0, 'DEBUG']];

function levelOf(value: unknown): Level | null {
  if (typeof value === 'number') return NUMBERS.find(([least]) => value >= least)?.[1] ?? null;
  if (isObject(value)) return levelOf(value['name']);
  if (typeof value !== 'string') return null;
  return recordHead(`[${value.toLowerCase() === 'exception' ? 'ERROR' : value.toUpperCase()}] x`)?.level ?? null;
}

/** `level=error msg="could not connect" exc_info="Traceback…\n  File…"` */
function logfmt(text: string): Json {
  const fields: Record<string, unknown> = {};
  for (const match of text.matchAll(/(?<=^| )(?<key>[\w.@]{1,60})=(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^\s"]*))/g)) {
    const { key = '', quoted, bare = '' } = match.groups ?? {};
    fields[key] = quoted === undefined ? bare : quoted.replaceAll('\\n', '\n').replaceAll('\\"', '"').replaceAll('\\\\', '\\');
  }
  return fields;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
