/**
 * The nights so far, in one SQLite file. Each result is committed by itself, so that a `kill -9` loses at most the boot that was under way;
 * a night that was not finished is taken up again by the next run of the same plan.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HarnessError } from '../../agent/errors.ts';
import { keyOf } from './plan.ts';
import { resultSchema } from './result.ts';
import type { NightResult } from './result.ts';

export interface NightStart {
  readonly id: number;
  /** ISO time. */
  readonly started: string;
  /** Results that an earlier run of this night has. */
  readonly done: readonly NightResult[];
}

export interface History extends Disposable {
  /** Takes up an unfinished night of this plan, or begins one. */
  begin(plan: string, now: Date): NightStart;
  add(night: number, result: NightResult): void;
  finish(night: number, now: Date): void;
  /** Results of finished nights before this one, newest first; the last attempt of each night. By `keyOf`. */
  before(night: number): ReadonlyMap<string, readonly NightResult[]>;
}

/** A night that lies longer than this is not taken up: too much may have changed. */
const STALE_MS = 24 * 60 * 60 * 1000;
const NIGHTS = 30;

const TABLES = `
  CREATE TABLE IF NOT EXISTS nights (id INTEGER PRIMARY KEY, plan TEXT NOT NULL, started TEXT NOT NULL, finished TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS results (
    night INTEGER NOT NULL REFERENCES nights (id), name TEXT NOT NULL, python TEXT NOT NULL, attempt INTEGER NOT NULL, result TEXT NOT NULL,
    PRIMARY KEY (night, name, python, attempt)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
`;

/** @throws HarnessError exit 3 when the file is no history of ours or cannot be written */
export function openHistory(file: string): History {
  const database = opened(file);
  const rows = (sql: string, ...values: (string | number)[]) => database.prepare(sql).all(...values) as { result: string; id: number; started: string }[];
  const results = (night: number) => rows('SELECT result FROM results WHERE night = ? ORDER BY name, python, attempt', night).map(({ result }) => resultSchema.parse(JSON.parse(result)));
  return {
    begin: (plan, now) => {
      const [open] = rows('SELECT id, started FROM nights WHERE plan = ? AND finished IS NULL ORDER BY id DESC LIMIT 1', plan);
      if (open && now.getTime() - Date.parse(open.started) < STALE_MS) return { id: open.id, started: open.started, done: results(open.id) };
      const started = now.toISOString();
      const { lastInsertRowid } = database.prepare('INSERT INTO nights (plan, started) VALUES (?, ?)').run(plan, started);
      return { id: Number(lastInsertRowid), started, done: [] };
    },
    add: (night, result) => {
      database.prepare('INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)').run(night, result.name, result.python, result.attempt, JSON.stringify(result));
    },
    finish: (night, now) => {
      database.prepare('UPDATE nights SET finished = ? WHERE id = ?').run(now.toISOString(), night);
    },
    before: (night) => {
      const past = rows('SELECT id, started FROM nights WHERE finished IS NOT NULL AND id <> ? ORDER BY id DESC LIMIT ?', night, NIGHTS);
      const lasts = past.flatMap(({ id }) => [...Map.groupBy(results(id), keyOf).values()].flatMap((attempts) => attempts.at(-1) ?? []));
      return Map.groupBy(lasts, keyOf);
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function opened(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(file, { timeout: 10_000 });
    // One file that can be copied, with no write-ahead log beside it. What a killed process has committed stays.
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL;');
    database.exec(TABLES);
    return database;
  } catch (error) {
    throw new HarnessError({
      code: 'history', what: `The history ${file} cannot be used.`, why: error instanceof Error ? error.message : String(error),
      hint: 'Name another file with --history, or move this one away.', exitCode: 3, cause: error,
    });
  }
}
