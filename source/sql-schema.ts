/**
 * Tables that a project keeps as plain SQL: the migrations of golang-migrate, dbmate, goose or Flyway, or one file that makes the schema. A person
 * runs them before the first start; here the sandbox's database gets them, when nothing else in the tree makes tables.
 */
import { basename, dirname } from 'node:path/posix';
import { isPython } from './syntax.ts';
import type { Source, SourceFile } from './types.ts';

export interface SqlFile {
  readonly path: string;
  /** What makes things; what takes them away again is left out. */
  readonly sql: string;
}

/** Two forms of one name: `0001_users.up.sql`, `20240101120000_users.sql`. */
const NUMBERED = /^(?<number>\d+)[_-][\w.-]*?(?<up>\.up)?\.sql$/i;
/** V2__users.sql, V1.2__items.sql */
const FLYWAY = /^V(?<number>\d+(?:[._]\d+)*)__[\w.-]+\.sql$/;
/** -- migrate:up   -- +goose Up */
const MARKED = /^--\s*(?:migrate:|\+goose\s+)up\b.*$/im;
const DOWN = /^--\s*(?:migrate:|\+goose\s+)down\b/im;
const SCHEMA = /^(?:init|schema|create|setup|ddl|tables?|structure|db|database)[\w-]*\.sql$/i;
const MAKES = /\bCREATE\s+(?:UNLOGGED\s+)?TABLE\b/i;
const ASIDE = /(?:^|\/)(?:tests?|fixtures?|examples?|docs?|node_modules|frontend|seeds?)\//i;

/** In the order to run them; empty where tables are made by other means, or it is not plain which files make them. */
export function sqlSchema(source: Source): readonly SqlFile[] {
  const files = [...source.files.values()].filter(({ path }) => path.endsWith('.sql') && !ASIDE.test(path));
  if (files.length === 0 || makesItsTables(source, files)) return [];
  const folders = [...Map.groupBy(files, ({ path }) => dirname(path)).values()].map(migrationsIn).filter((one) => one.some(({ sql }) => MAKES.test(sql)));
  if (folders.length > 0) return folders.length === 1 ? folders.flat() : [];
  const schemas = files.filter(({ path, text }) => SCHEMA.test(basename(path)) && MAKES.test(text));
  return schemas.length === 1 ? schemas.map(({ path, text }) => ({ path, sql: text })) : [];
}

/** An ORM, Alembic, or code that runs the very files. */
function makesItsTables({ files }: Source, scripts: readonly SourceFile[]): boolean {
  const names = scripts.map(({ path }) => basename(path));
  const folders = new Set(scripts.map(({ path }) => basename(dirname(path))).filter((name) => name.length > 3));
  return [...files.values()].some((file) => {
    const { path, text } = file;
    if (/(?:^|\/)(?:alembic\.ini|script\.py\.mako)$/.test(path)) return true;
    if (!isPython(file) || ASIDE.test(path) || /(?:^|\/)(?:test_\w+|conftest)\.py$/.test(path)) return false;
    return /\bcreate_all\b|generate_schemas|\bCREATE\s+TABLE\b|yoyo|run_migrations/i.test(text) || names.some((name) => text.includes(name))
      || (/\.sql\b/.test(text) && [...folders].some((name) => text.includes(name)));
  });
}

function migrationsIn(files: readonly SourceFile[]): readonly SqlFile[] {
  const found = files.flatMap(({ path, text }) => {
    const name = basename(path);
    const flyway = FLYWAY.exec(name)?.groups?.['number'];
    const numbered = NUMBERED.exec(name)?.groups;
    const marked = MARKED.exec(text);
    const number = flyway ?? (numbered !== undefined && (numbered['up'] !== undefined || marked !== null) ? numbered['number'] : undefined);
    return number === undefined ? [] : [{ path, number: number.replaceAll('_', '.'), sql: marked === null ? text : upOf(text.slice(marked.index)) }];
  });
  return found.toSorted((a, b) => a.number.localeCompare(b.number, 'en', { numeric: true })).map(({ path, sql }) => ({ path, sql }));
}

function upOf(text: string): string {
  const down = DOWN.exec(text);
  return down === null ? text : text.slice(0, down.index);
}
