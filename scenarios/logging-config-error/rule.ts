import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { isType, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { firstLine, fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'logging-config-error';

/** `Unable to configure handler 'file'`, `Unable to configure root logger` */
const UNABLE = /^Unable to (?:configure|add|set) (?<part>formatter|handler|filter|logger|root logger)s?(?: ['"](?<name>[^'"]{1,100})['"])?/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The logging configuration cannot be carried out.',
  // A missing package, file or right is the real fault; other kinds say it better.
  detect: (evidence, source) => raised(evidence, ['ValueError'], UNABLE).filter(({ fault }) => !fault.chain.some((link) => isType(link, 'ModuleNotFoundError'))).map((seen): Finding => {
    const { part = '', name = '' } = seen.match?.groups ?? {};
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const [cause] = seen.fault.chain.filter((link) => link !== seen.exception);
    const wanted = /^['"]?(?<key>[\w.-]{1,100})['"]?$/.exec(cause?.message ?? '')?.groups?.['key'];
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'ENTRYPOINT', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { part, name, cause: cause?.type ?? '' },
      what: `The logging configuration fails at the ${part}${name === '' ? '' : ` ${name}`}${cause === undefined ? '' : `: ${firstLine(`${cause.type}: ${cause.message}`, 160)}`}.`,
      why: 'logging.config builds formatters, then handlers, then loggers, and each must name one that was built before. The first exception of the traceback says what was wrong.',
      todo: `Correct the ${part} in the logging configuration.`,
      candidates: file === undefined || wanted === undefined ? [] : respelt(file, wanted), explains: [seen.at],
    };
  }),
};

/** A name that is nearly one of the keys of the same configuration. */
function respelt(file: SourceFile, wanted: string): readonly Fix[] {
  const keys = nodesOf(file, 'pair').flatMap((pair) => stringValue(pair.childForFieldName('key')) ?? []);
  return lookAlikes(wanted, keys).slice(0, 2).flatMap((right) => fixOf({
    title: `Write ${right} instead of ${wanted} in the logging configuration`, safety: 'likely',
    edits: nodesOf(file, 'string').filter((node) => stringValue(node) === wanted).map((node): Edit => ({ file: file.path, old: wanted, new: right, at: node.startIndex + node.text.indexOf(wanted) })),
    explanation: `${right} is configured; ${wanted} differs from it by a few letters.`,
  }));
}
