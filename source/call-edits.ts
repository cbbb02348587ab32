/** Edits of calls. */
import { appendItem, removeItem } from './list-edits.ts';
import type { Call } from './calls.ts';
import { replaceSpan } from './splice.ts';
import type { Edit, SourceFile } from './types.ts';

export function replaceCallee(file: SourceFile, call: Call, newName: string): readonly Edit[] {
  return replaceSpan(file, call.calleeSpan, newName);
}

/** `text` is what stands between the parentheses. */
export function replaceCallArguments(file: SourceFile, call: Call, text: string): readonly Edit[] {
  return replaceSpan(file, { start: call.argumentsSpan.start + 1, end: call.argumentsSpan.end - 1 }, text);
}

/** Sets, adds (behind the last) or, with `null`, removes one keyword argument; others keep their bytes. */
export function setKeyword(file: SourceFile, call: Call, name: string, value: string | null): readonly Edit[] {
  const index = call.arguments.findIndex((each) => each.name === name);
  const known = call.arguments[index];
  if (value === null) {
    if (!known) return [];
    const splice = call.arguments.length > 1 ? removeItem(call.arguments, index) : { start: call.argumentsSpan.start + 1, end: call.argumentsSpan.end - 1, text: '' };
    return replaceSpan(file, splice, splice.text);
  }
  if (known) return replaceSpan(file, known.valueSpan, value);
  const splice = appendItem(file.text, call.arguments, call.argumentsSpan.end - 1, `${name}=${value}`);
  return replaceSpan(file, splice, splice.text);
}
