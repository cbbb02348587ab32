/** Who creates the tables: calls of `create_all`, and what must run in the database before them. */
import { importName, inSequence } from '../../source/edits.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { lineEnding } from '../../source/splice.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import { engineCalls, isServerCode } from './engines.ts';
import { mappedClasses } from './models.ts';
import type { MappedClass } from './models.ts';

/** Calls of `create_all`, also those that are only handed on: `run_sync(Base.metadata.create_all)`. */
export function createAllCalls(source: Source): readonly Call[] {
  return [...source.files.values()].filter((file) => isServerCode(file.path) && file.text.includes('create_all'))
    .flatMap((file) => callsOf(file).filter((call) => /\.create_all$/.test(call.written) || (/\.run_sync$/.test(call.written) && /\.create_all$/.test(call.arguments[0]?.value ?? ''))));
}

/** The tree keeps migrations: then they create the tables, and nothing else should. Alembic that was set up and holds no revision creates nothing. */
export function hasMigrations(source: Source): boolean {
  const paths = [...source.files.keys()];
  const setUp = paths.some((path) => /(?:^|\/)alembic\.ini$|(?:^|\/)(?:alembic|migrations)\/env\.py$/.test(path));
  return setUp && [...source.files.values()].some(({ path, text }) => path.endsWith('.py') && /^down_revision\b/m.test(text));
}

/** Lets the database run a statement right before the tables of this class are created, whoever creates them and however. */
export function beforeCreate(model: MappedClass, sql: string): readonly Edit[] {
  if (model.file.text.includes(sql)) return [];
  const eol = lineEnding(model.file.text);
  return inSequence(
    model.file,
    (file) => importName(file, 'sqlalchemy', 'DDL'),
    (file) => importName(file, 'sqlalchemy', 'event'),
    (file) => [{ file: file.path, old: '', new: `${file.text.endsWith('\n') ? '' : eol}${eol}${eol}event.listen(${model.name}.metadata, "before_create", DDL(${quoted(sql)}))${eol}`, at: file.text.length }],
  );
}

function quoted(sql: string): string {
  return sql.includes('"') ? `'${sql}'` : `"${sql}"`;
}

/** The statement that failed, as SQLAlchemy prints it behind an error. */
export function failedStatement(message: string): string | undefined {
  return /\[SQL: (?<sql>[\s\S]{1,3000}?)\](?:\n|$)/.exec(message)?.groups?.['sql']?.trim();
}

/** A model whose table the failed statement creates. */
export function createdModel(source: Source, evidence: Evidence, at: number): MappedClass | undefined {
  const said = evidence.faults[at]?.chain.map(({ message }) => message).find((message) => message.includes('[SQL: ')) ?? '';
  const table = /^CREATE (?:TABLE|TYPE|INDEX)(?: IF NOT EXISTS)? (?:"?\w+"?\.)?"?(?<table>\w+)"?/.exec(failedStatement(said) ?? '')?.groups?.['table'];
  return mappedClasses(source).find((model) => model.table === table);
}

/** A name of a module that holds an engine: `engine = create_engine(…)`, or the result of a function of the tree that builds one. */
export function engineName(source: Source): { readonly file: SourceFile; readonly name: string; readonly async: boolean } | undefined {
  for (const call of engineCalls(source)) {
    const file = source.files.get(call.file);
    const isAsync = /async/i.test(call.callee);
    if (file === undefined) continue;
    if (call.scope === '' && call.assignedTo !== undefined && /^\w+$/.test(call.assignedTo)) return { file, name: call.assignedTo, async: isAsync };
    const made = callsOf(file).find((each) => each.written === call.scope && each.scope === '' && each.assignedTo !== undefined);
    if (made?.assignedTo !== undefined && /^\w+$/.test(made.assignedTo)) return { file, name: made.assignedTo, async: isAsync };
  }
  return undefined;
}

/** What holds the tables: `Base.metadata` with the class's file, or SQLModel's own. */
export function metadataName(source: Source): { readonly module?: string; readonly file?: SourceFile; readonly name: string } | undefined {
  const models = mappedClasses(source);
  if (models.some(({ sqlmodel }) => sqlmodel)) return { module: 'sqlmodel', name: 'SQLModel' };
  for (const file of source.files.values()) {
    if (!isServerCode(file.path)) continue;
    const base = definitionsOf(file).find((each) => (each.kind === 'class' && each.bases.some((name) => /(?:^|\.)DeclarativeBase(?:NoMeta)?$/.test(name))) || (each.kind === 'value' && /declarative_base\(/.test(each.node.text)));
    if (base !== undefined) return { file, name: base.name };
  }
  return undefined;
}
