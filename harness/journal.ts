/**
 * The journal: one JSON object a line, appended. Each event is handed to the system before `write` returns, so that a `kill -9` loses
 * none of them; a last line that was cut off in the middle is skipped when reading.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFault } from './workspace/disk.ts';
import type { JournalEvent } from './types.ts';

export interface Journal extends Disposable {
  /** @throws HarnessError exit 3 when the disk is full */
  readonly write: (event: JournalEvent) => void;
}

/** Begins a new journal at this path. @throws the system's error when the file cannot be written. */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  let open = true;
  return {
    write: (event) => {
      // One write per line: lines of a killed process are whole or the last one is cut, never mixed.
      try {
        if (open) writeSync(file, `${JSON.stringify(event)}\n`);
      } catch (error) {
        throw diskFault(error);
      }
    },
    [Symbol.dispose]: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** All whole events of a journal, in order. */
export async function readJournal(path: string): Promise<readonly JournalEvent[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as JournalEvent];
    } catch (error) {
      if (index === lines.length - 1) return [];
      throw new Error(`${path}:${index + 1} is not a journal line`, { cause: error });
    }
  });
}
