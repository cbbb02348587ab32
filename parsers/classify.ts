/**
 * At which rung of the ladder an exception stopped the boot. The mechanism is where it was raised and what the database or the
 * settings reader said; names of packages are used only where the text alone would be ambiguous.
 */
import type { Stage } from './boot-output.ts';
import type { ExceptionInfo, Fault, Frame } from './evidence.ts';

export type Phase = 'load' | 'lifespan';

/** The stage of an exception that stopped the boot in `phase`. */
export function stageOf(chain: readonly ExceptionInfo[], phase: Phase): Stage {
  const last = chain.at(-1);
  if (!last) return phase === 'load' ? 'import' : 'lifespan';
  if (phase === 'load' && isBrokenSource(last)) return 'syntax';
  if (chain.some(isConfig)) return 'config';
  if (chain.some(isConnect)) return 'connect';
  if (isServing(last)) return 'bind';
  return phase === 'load' ? 'import' : 'lifespan';
}

/** In the load phase a frame of the lifespan machinery still means the lifespan: some servers print no "Waiting for application startup". */
export function phaseOf(chain: readonly ExceptionInfo[], waiting: boolean): Phase {
  const inLifespan = chain.some((exception) => exception.frames.some((frame) => frame.owner !== 'tree' && /\/lifespan\/on\.py$|lifespan/.test(frame.function + frame.file)));
  return waiting || inLifespan ? 'lifespan' : 'load';
}

const SYNTAX = new Set(['SyntaxError', 'IndentationError', 'TabError', '_IncompleteInputError']);

/** A file of the tree that does not parse. A broken package, or a forward reference that pydantic evaluates, is an import failure. */
function isBrokenSource(exception: ExceptionInfo): boolean {
  if (!SYNTAX.has(exception.type)) return false;
  const file = exception.syntax?.file;
  if (file !== undefined) return !/^[<]|site-packages|dist-packages|\/lib\/python3/.test(file);
  return exception.frames.findLast((frame) => frame.owner === 'tree' || frame.owner === 'package')?.owner !== 'package';
}

/** Exceptions of settings readers, by the last part of their name: decouple, environs, dynaconf, Django, pydantic-settings. */
const SETTINGS_TYPES = /(?:^|\.)(?:SettingsError|UndefinedValueError|EnvError|EnvValidationError|EnvSealedError|ImproperlyConfigured)$/;
/** `/site-packages/pydantic_settings/main.py`, `/site-packages/pydantic/env_settings.py`, `/site-packages/starlette/config.py` */
const SETTINGS_FILES = /\/(?:pydantic_settings|decouple|environs|dynaconf)(?:\/|\.py)|\/pydantic\/(?:v1\/)?env_settings\.py$|\/starlette\/config\.py$/;
/** `2 validation errors for AppSettings` */
const SETTINGS_MODEL = /^\d{1,6} validation errors? for \w{0,100}(?:Settings|Config|Configuration)$/m;
/** `DATABASE_URL is not set`, `Missing required environment variable: SECRET_KEY`, `SECRET_KEY must be set` */
const SETTING_WORDS =
  /\benv(?:ironment)? var(?:iable)?s?\b|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b.{0,60}\b(?:not set|is missing|is required|must be set|not configured|is not defined|is empty|required)|\b(?:missing|set|required|provide|define)\b.{0,60}\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/i;

function isConfig(exception: ExceptionInfo): boolean {
  const { type, message, frames } = exception;
  if (SETTINGS_TYPES.test(type)) return true;
  // `cannot import name 'X'` below a settings file is an import failure all the same.
  if (/(?:ImportError|ModuleNotFoundError)$/.test(type)) return false;
  const inner = frames.at(-1);
  if (inner && SETTINGS_FILES.test(inner.file)) return true;
  if (type.endsWith('ValidationError') && (SETTINGS_MODEL.test(message.slice(0, 400)) || frames.some((frame) => SETTINGS_FILES.test(frame.file)))) return true;
  if (type === 'KeyError' && inner && /(?:\/os\.py|<frozen os>)$/.test(inner.file)) return true;
  if (inner?.owner === 'tree' && /^(?:ValueError|RuntimeError|KeyError|AssertionError|Exception|EnvironmentError|OSError|TypeError|SystemExit)$|Config|Settings/.test(type)) {
    return hasSettingName(message) || /\bos\.(?:getenv|environ)\b|\bgetenv\(/.test(inner.source ?? '');
  }
  return false;
}

/** Upper-case names are matched as written, the words around them in any case. */
function hasSettingName(message: string): boolean {
  const text = message.slice(0, 600);
  return SETTING_WORDS.test(text) && (/\benv/i.test(text) || /\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/.test(text));
}

/** What PostgreSQL, its drivers, resolvers and sockets say when no session comes to be. */
const CONNECT_WORDS = new RegExp(
  [
    'password authentication failed', 'no password supplied', 'fe_sendauth', 'no pg_hba\\.conf entry', 'database "[^"]{1,200}" does not exist', 'role "[^"]{1,200}" does not exist',
    'connection refused', 'connect call failed', 'could not connect to', 'could not translate host name', 'failed to resolve host', 'name or service not known',
    'temporary failure in name resolution', 'nodename nor servname', 'no address associated with hostname', 'getaddrinfo failed', 'connection to server (?:at|on) ', 'connection failed:',
    'server closed the connection', 'connection was closed in the middle', 'connection reset by peer', 'remaining connection slots', 'too many (?:clients|connections)',
    'the database system is (?:starting up|shutting down)', 'ssl (?:connection|negotiation|off|was required)', 'rejected ssl upgrade', 'certificate verify failed',
    'server does not support ssl', 'unexpected keyword argument \'sslmode\'', 'unable to open database file', 'network is unreachable', 'no route to host', 'serverselectiontimeout',
    'error while attempting to connect', 'error (?:\\d+ )?connecting to',
  ].join('|'),
  'i',
);
const CONNECT_TYPES =
  /(?:^|\.)(?:ConnectionRefusedError|ConnectionResetError|gaierror|InvalidPasswordError|InvalidCatalogNameError|InvalidAuthorizationSpecificationError|CannotConnectNowError|TooManyConnectionsError|ConnectionDoesNotExistError|ConnectionTimeout|ServerSelectionTimeoutError|SSLCertVerificationError)$/;
/** Functions of drivers that make a connection: `asyncpg/connect_utils.py _connect_addr`, `sqlalchemy/engine/default.py connect` */
const CONNECTORS = /^_*(?:connect|do_connect|connect_.{1,30}|create_connection|open_connection|_?connect_addr|_create_ssl_connection|wait_for_connection)$/;
const NOT_A_DRIVER = /\/sqlalchemy\/(?:engine\/(?:base|create|strategies)|pool\/|event\/|ext\/)|\/uvicorn\//;

function isConnect(exception: ExceptionInfo): boolean {
  if (/(?:ImportError|ModuleNotFoundError|NoSuchModuleError)$/.test(exception.type)) return false;
  if (CONNECT_TYPES.test(exception.type) || saysNoConnection(exception.message)) return true;
  const after = exception.frames.slice(exception.frames.findLastIndex((frame) => frame.owner === 'tree') + 1);
  return after.some(isConnector) && !/bind/i.test(exception.frames.at(-1)?.function ?? '');
}

/** Words of a refused or failed database connection, in any text. */
export function saysNoConnection(text: string): boolean {
  return CONNECT_WORDS.test(text.slice(0, 3000));
}

/** An exception or a record that says: the database could not be reached. A broker or a cache that refuses is not meant. */
export function isDatabaseAway(fault: Fault): boolean {
  if (fault.form === 'log') return saysNoConnection(fault.text) && isAboutDatabase(fault.text);
  const said = fault.chain.map((exception) => `${exception.type}: ${exception.message}`).join('\n');
  return fault.form === 'exception' && stageOf(fault.chain, 'lifespan') === 'connect' && isAboutDatabase(said, fault.chain.flatMap((exception) => exception.frames));
}

/** Words that only a database says, whoever logs them. */
function isAboutDatabase(text: string, frames: readonly Frame[] = []): boolean {
  if (/asyncpg|psycopg|postgres|sqlalchemy|sqlite|\b5432\b|(?:role|database|relation) "[^"]{1,200}" does not exist|password authentication failed|pg_hba/i.test(text.slice(0, 3000))) return true;
  return frames.some((frame) => /\/(?:asyncpg|psycopg2?|sqlalchemy|aiosqlite|tortoise|databases|peewee)\//.test(frame.file));
}

function isConnector(frame: Frame): boolean {
  return frame.owner === 'package' && CONNECTORS.test(frame.function) && !NOT_A_DRIVER.test(frame.file);
}

/** The server could not open its own socket: a port out of range, a missing TLS file. */
function isServing(exception: ExceptionInfo): boolean {
  if (exception.frames.some((frame) => frame.owner === 'tree')) return false;
  return exception.frames.some((frame) => /^(?:bind_socket|create_server|load_cert_chain|create_ssl_context|_create_listening_sockets)$/.test(frame.function));
}
