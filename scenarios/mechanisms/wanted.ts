/** What the package index is asked after a boot: the names that the faults mention, and those of the statements in which they happened. */
import type { Evidence, Fault } from '../../parsers/evidence.ts';
import { callsOf, importedNames } from '../../source/python.ts';
import type { ImportStatement, Source } from '../../source/types.ts';
import { ownFrameOf } from './faults.ts';

/** A look into the environment costs time for each name. */
const MOST = 80;

/** Names to look up, the surest first. */
export function wantedNames(evidence: Evidence, source: Source): readonly string[] {
  return [...new Set([...evidence.names, ...evidence.faults.slice(0, 5).flatMap((fault) => namesAt(fault, source))])].slice(0, MOST);
}

/** `from a.b import C, D` that failed: all of it may have to move. `c.make(x=1)` that failed: where `c` comes from says which `make`. */
function namesAt(fault: Fault, source: Source): readonly string[] {
  return fault.chain.flatMap((exception) => {
    const frame = ownFrameOf({ fault, exception });
    const file = frame === undefined ? undefined : source.files.get(frame.file);
    if (frame === undefined || file === undefined) return [];
    const imported = source.imports.filter((statement) => statement.file === file.path && statement.line === frame.line).flatMap(namesOfImport);
    // A method's name alone (`session.commit`) leads nowhere, and everyday words cost the most.
    const origins = importedNames(file);
    const called = callsOf(file).filter((call) => call.line === frame.line && (!call.written.includes('.') || origins.has(call.written.split('.')[0] ?? '')));
    const last = called.flatMap(({ callee }) => callee.split('.').slice(-1));
    const heads = called.flatMap(({ written }) => origins.get(written.split('.')[0] ?? '') ?? []);
    return [...imported, ...last, ...heads];
  });
}

function namesOfImport({ module, names }: ImportStatement): readonly string[] {
  return [module, ...names.map(({ name }) => name).filter((name) => name !== '*')];
}
