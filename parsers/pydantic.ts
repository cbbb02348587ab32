/** pydantic's errors: which location is wrong and how, never with the value that was given. */
import type { ExceptionInfo, ValidationItem } from './evidence.ts';

/** `2 validation errors for Settings` */
const TITLE = /^(?<count>\d{1,6}) validation errors? for (?<model>.{1,300})$/;
/** v2: `  Field required [type=missing, input_value=***, input_type=dict]` */
const V2 = /^ {2}(?<message>\S.*) \[type=(?<type>[\w.]{1,120})(?:,.*)?\]$/;
/** v1: `  field required (type=value_error.missing)`, `  value is not a valid integer (type=type_error.integer; limit_value=1)` */
const V1 = /^ {2}(?<message>\S.*) \(type=(?<type>[\w.]{1,120})(?:;.*)?\)$/;
/** `For further information visit https://errors.pydantic.dev/2.13/u/class-not-fully-defined` */
const USER_CODE = /https:\/\/errors\.pydantic\.dev\/[\w.]{1,20}\/u\/(?<code>[\w-]{1,80})/;
/** `error parsing value for field "CORS_ORIGINS" from source "EnvSettingsSource"` */
const SETTINGS = /error parsing (?:value for field|env var) "(?<field>[^"]{1,200})"(?: from source "(?<source>[^"]{1,100})")?/;
/** v1: `error parsing JSON for "cors_origins"` */
const SETTINGS_V1 = /error parsing JSON for "?(?<field>[^"\s]{1,200})"?/;

/** Every location that the chain's pydantic errors name, in printed order; empty for other exceptions. */
export function validationItems(chain: readonly ExceptionInfo[]): ValidationItem[] {
  return chain.flatMap((exception) => [...fromValidationError(exception), ...fromSettingsError(exception)]);
}

/** `class-not-fully-defined` and the like: the stable name of a PydanticUserError; null for other messages. */
export function pydanticCode(message: string): string | null {
  return USER_CODE.exec(message)?.groups?.['code'] ?? null;
}

function fromValidationError(exception: ExceptionInfo): ValidationItem[] {
  const lines = exception.message.split('\n');
  const title = TITLE.exec(lines[0] ?? '')?.groups;
  if (!title) return [];
  const model = title['model'] ?? '';
  const items: ValidationItem[] = [];
  let location = '';
  for (const line of lines.slice(1)) {
    const found = (V2.exec(line) ?? V1.exec(line))?.groups;
    if (found) {
      // An error of the whole model (`value_error` of a validator) has no location line.
      items.push({ model, location, type: found['type'] ?? '', message: found['message'] ?? '' });
      location = '';
    } else if (/^\S/.test(line)) {
      // v1 nests with ` -> `, v2 with dots: say it the new way.
      location = line.trim().replaceAll(' -> ', '.');
    }
  }
  return items;
}

function fromSettingsError(exception: ExceptionInfo): ValidationItem[] {
  if (!/(?:^|\.)SettingsError$/.test(exception.type)) return [];
  const found = (SETTINGS.exec(exception.message) ?? SETTINGS_V1.exec(exception.message))?.groups;
  if (!found) return [];
  const message = exception.message.split('\n', 1)[0] ?? '';
  return [{ model: modelOf(exception), location: found['field'] ?? '', type: 'settings_error', message }];
}

/** The message names no model; the line of the tree that built the settings does: `settings = Settings()`. */
function modelOf(exception: ExceptionInfo): string {
  const source = exception.frames.findLast((frame) => frame.owner === 'tree')?.source ?? '';
  return /\b(?<model>[A-Z]\w{0,100})\(/.exec(source)?.groups?.['model'] ?? '';
}
