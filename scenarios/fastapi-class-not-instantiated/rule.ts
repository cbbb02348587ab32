import { importedNames } from '../../source/python.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'fastapi-class-not-instantiated';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The app is the class itself and not an object of it.',
  refines: ['health-route-missing', 'unknown-failure', 'request-fails', 'uvicorn-factory', 'attributeerror-at-import'],
  detect: (evidence, source) => (evidence.stage === 'healthy' ? [] : findings(source).map((finding) => ({ ...finding, explains: evidence.faults.map((_, at) => at) }))),
  scan: (source) => [...findings(source)],
};

/** `app = FastAPI` */
function findings(source: Source): readonly Finding[] {
  const { module, attribute } = targetParts(source.run.app);
  const file = fileOfModule(module, source);
  const assignment = file === undefined ? undefined : nodesOf(file, 'assignment').find((node) => node.parent?.parent?.type === 'module' && node.childForFieldName('left')?.text === attribute);
  const right = assignment?.childForFieldName('right');
  const origin = right?.type === 'identifier' && file !== undefined ? importedNames(file).get(right.text) : undefined;
  if (file === undefined || !right || !assignment || origin === undefined || !/^(?:fastapi(?:\.applications)?\.FastAPI|starlette\.applications\.Starlette|quart\.Quart)$/.test(origin)) return [];
  return [{
    kind, stage: 'import', severity: 'CRITICAL', category: 'ENTRYPOINT', file: file.path, line: assignment.startPosition.row + 1, facts: { file: file.path, attribute },
    what: `${attribute} in ${file.path} is the class ${right.text} and not an app made from it.`,
    why: 'Without parentheses the name stands for the class. The server takes it for a factory, calls it, and serves an app that has none of the routes.',
    todo: `Write ${attribute} = ${right.text}().`,
    candidates: fixOf({
      title: `Make an app from ${right.text}`, safety: 'safe', edits: [{ file: file.path, old: '', new: '()', at: right.endIndex }],
      explanation: 'The parentheses make an object of the class; the routes below it are added to that object.',
    }),
  }];
}
