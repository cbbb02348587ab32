/** `--command "uvicorn 'my app:app' --port 80"` as the words a shell would give, without asking a shell. */
import { usageError } from './usage.ts';

const PART = /(?<space>\s+)|'(?<single>[^']*)'|"(?<double>(?:\\.|[^"\\])*)"|\\(?<escaped>.)|(?<plain>[^\s'"\\]+)|(?<rest>.)/gs;

/** @throws HarnessError (usage) for a quote that is never closed */
export function splitWords(option: string, command: string): string[] {
  const words: string[] = [];
  let open = false;
  for (const { groups = {} } of command.trim().matchAll(PART)) {
    if (groups['rest'] !== undefined) {
      throw usageError(
        `${option} has a quote that is never closed: ${command}`,
        'It cannot be split into words.',
        'Close the quote, or leave it out.',
      );
    }
    if (groups['space'] !== undefined) {
      open = false;
      continue;
    }
    const text = groups['single'] ?? groups['double']?.replace(/\\(["\\$`])/g, '$1') ?? groups['escaped'] ?? groups['plain'] ?? '';
    if (open) words.push(`${words.pop() ?? ''}${text}`);
    else words.push(text);
    open = true;
  }
  return words;
}
