import type { Source } from '../../source/types.ts';
import { engineCallsAt, serverCalls } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { environmentFile, giveToProcess, variableBehind } from '../mechanisms/variables.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'engine-url-none';

/** `Expected string or URL object, got None` */
const NONE = /^Expected string or URL object, got None/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The engine is built with None, because nothing sets the variable that holds the database URL.',
  detect: (evidence, source, index) => raised(evidence, ['ArgumentError'], NONE).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const variable = variableOf(source, own);
    const read = source.variables.find(({ name }) => name === variable);
    const file = environmentFile(source);
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.text === '' ? own?.file ?? file.path : file.path, ...(file.text === '' && own !== undefined ? { line: own.line } : {}),
      facts: { variable: variable ?? '' },
      what: `${variable ?? 'The variable for the database URL'} is not set, so ${own?.file ?? 'the code'} builds its engine with None.`,
      why: `${read === undefined ? 'The code' : `${read.file}`} reads the variable without a default, which gives None when nothing sets it; the error comes only where the value is used.`,
      todo: `Set ${variable ?? 'the variable'} in ${file.path} or in the environment of the server.`,
      candidates: variable === undefined ? [] : giveToProcess(source, index, source.files.get(read?.file ?? own?.file ?? ''), variable, 'str'), explains: [seen.at],
    };
  }),
};

function variableOf(source: Source, own: ReturnType<typeof ownFrameOf>): string | undefined {
  const calls = [...engineCallsAt(source, own), ...serverCalls(source, ['sqlalchemy.engine_from_config', 'sqlalchemy.make_url', 'sqlalchemy.engine.make_url'])];
  for (const call of calls) {
    const file = source.files.get(call.file);
    const argument = call.arguments.find(({ name }) => name === undefined || name === 'url');
    const found = file === undefined || argument === undefined ? undefined : variableBehind(source, file, argument.value);
    if (found !== undefined) return found;
  }
  return undefined;
}
