/** Inner classes with which models were configured before pydantic 2. */
import { replaceSpan } from '../../source/splice.ts';
import { spanOf } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { classesOf } from './class-bodies.ts';
import { fixOf } from './words.ts';

/** `class Config(BaseModel.Config):` names a class that pydantic 2 does not have; there a model takes over the settings of its parents by itself. */
export function ownConfig(name: string, source: Source): readonly Fix[] {
  if (name !== 'Config') return [];
  const files = [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes('.Config'));
  return fixOf({
    title: 'Leave out the base of class Config', safety: 'safe',
    edits: files.flatMap((file) => classesOf(file).flatMap(({ name: inner, node }) => {
      const bases = node.childForFieldName('superclasses');
      const only = inner === 'Config' && bases?.namedChildCount === 1 ? bases.namedChild(0) : undefined;
      return bases && only?.type === 'attribute' && only.childForFieldName('attribute')?.text === 'Config' ? replaceSpan(file, spanOf(bases), '') : [];
    })),
    explanation: 'Since pydantic 2 models have no inner class Config of their own, and a model inherits the settings of its parents without naming them.',
  });
}
