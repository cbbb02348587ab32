import { callsOf } from '../../source/python.ts';
import { importModule } from '../../source/import-edits.ts';
import { lineStart, replaceSpan } from '../../source/splice.ts';
import type { Call } from '../../source/calls.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { aroundLine } from '../mechanisms/around-line.ts';
import { endsInPackage, metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { crashFixes } from '../mechanisms/versions.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'asyncio-no-current-event-loop';

/** `There is no current event loop in thread 'MainThread'.` */
const NO_LOOP = /^There is no current event loop in thread/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code asks for the current event loop where none runs; Python 3.14 no longer makes one.',
  refines: ['unknown-failure', 'request-fails', 'third-party-crash'],
  detect: (evidence, source, index) => raised(evidence, ['RuntimeError'], NO_LOOP).flatMap((seen) => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    if (own === undefined || file === undefined) return [];
    const asked = callsOf(file, ['asyncio.get_event_loop']).filter((call) => call.line === own.line);
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT' as const,
      file: file.path, line: own.line, facts: { file: file.path, function: own.function },
      what: `${file.path} needs a current event loop where there is none.`,
      why: `${asked.length > 0 ? 'asyncio.get_event_loop() is' : 'A package that is called there asks for the current loop, and is'} outside of any running one. Up to Python 3.13 the main thread then got a new loop; since 3.14 this is an error.`,
      todo: 'Run the coroutine with asyncio.run(), or make a loop with asyncio.new_event_loop() and set it before it is asked for.',
      candidates: [
        ...asked.flatMap((call) => [...ranAtOnce(file, call), ...newLoop(file, call)]), ...(endsInPackage(seen.exception) ? crashFixes(source, index) : []), ...setBefore(file, own.line),
      ], explains: [seen.at],
    }];
  }),
};

/** `asyncio.get_event_loop().run_until_complete(main())` → `asyncio.run(main())` */
function ranAtOnce(file: SourceFile, call: Call): readonly Fix[] {
  const attribute = call.node.parent;
  const run = attribute?.type === 'attribute' && attribute.childForFieldName('attribute')?.text === 'run_until_complete' ? attribute.parent : null;
  const argument = run?.type === 'call' ? run.childForFieldName('arguments')?.namedChildren : undefined;
  // `asyncio.run` takes coroutines only, and `run_until_complete` futures too.
  if (attribute === null || argument?.length !== 1 || argument[0]?.type !== 'call' || !call.written.includes('.')) return [];
  return fixOf({
    title: `Run it with asyncio.run in ${file.path}`, safety: 'likely',
    edits: replaceSpan(file, { start: call.calleeSpan.start, end: attribute.endIndex }, call.written.replace(/get_event_loop$/, 'run')),
    explanation: 'asyncio.run makes a loop, runs the coroutine to its end and closes the loop.',
  });
}

/** What Python did before, written out; the loop is as current as it was. */
function newLoop(file: SourceFile, call: Call): readonly Fix[] {
  return fixOf({
    title: `Make the event loop with asyncio.new_event_loop in ${file.path}`, safety: 'likely',
    edits: call.written.includes('.') ? replaceSpan(file, call.calleeSpan, call.written.replace(/get_event_loop$/, 'new_event_loop')) : [],
    explanation: 'Python up to 3.13 made a new loop here. It was never the loop of the server, which makes its own.',
  });
}

/** A package asks deeper down, or the loop has to be found again later: the loop is made current before the statement. */
function setBefore(file: SourceFile, line: number): readonly Fix[] {
  const statement = aroundLine(file, line, STATEMENTS)?.startIndex;
  if (statement === undefined) return [];
  const indent = file.text.slice(lineStart(file.text, statement), statement);
  if (indent.trim() !== '') return [];
  const end = file.text.includes('\r\n') ? '\r\n' : '\n';
  const edit: Edit = { file: file.path, old: '', new: `asyncio.set_event_loop(asyncio.new_event_loop())${end}${indent}`, at: statement };
  return fixOf({
    title: `Make an event loop before line ${line} of ${file.path}`, safety: 'likely', edits: [edit, ...importModule(file, 'asyncio')],
    explanation: 'This is what Python up to 3.13 did by itself when the main thread was asked for a loop and had none.',
  });
}

const STATEMENTS = /_statement$|^(?:function|class|decorated)_definition$/;
