import { replaceSpan } from '../../source/splice.ts';
import { callsOf } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'alembic-percent-interpolation';

/** `invalid interpolation syntax in 'postgresql://…' at position 23`, `'%' must be followed by '%' or '(', found: '%40…'` */
const PERCENT = /invalid interpolation syntax in|'%' must be followed by '%' or '\('/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A percent sign in the database URL means something else in the configuration of Alembic.',
  refines: ['unknown-failure'],
  detect: (evidence, source) => raised(evidence, [], PERCENT).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '') ?? migrationFile(source);
    const [call] = file === undefined ? [] : settingCalls(file);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'CONFIG', file: call?.file ?? own?.file ?? 'alembic.ini', line: call?.line ?? own?.line ?? 1, facts: { file: call?.file ?? own?.file ?? '' },
      what: 'The database URL holds a percent sign, and the configuration of the migrations reads it as the start of a placeholder.',
      why: 'alembic.ini is read with Python’s configparser, in which %(name)s stands for another value. A plain percent sign, as in an encoded password, must be doubled.',
      todo: 'Write url.replace("%", "%%") where the URL is put into the configuration, or double the percent signs in alembic.ini.',
      candidates: file === undefined ? [] : doubled(file), explains: [seen.at],
    };
  }),
};

function migrationFile(source: Source): SourceFile | undefined {
  return [...source.files.values()].find(({ path }) => /(?:^|\/)env\.py$/.test(path));
}

/** `config.set_main_option("sqlalchemy.url", url)`, `set_section_option(section, name, url)` */
function settingCalls(file: SourceFile): ReturnType<typeof callsOf> {
  return callsOf(file).filter((call) => /\.set_(?:main|section)_option$/.test(call.written) && /url/i.test(file.text.slice(call.start, call.end)));
}

function doubled(file: SourceFile): readonly Fix[] {
  return fixOf({
    title: `Double the percent signs of the URL in ${file.path}`, safety: 'safe',
    edits: settingCalls(file).flatMap((call) => {
      const value = call.arguments.at(-1);
      if (value === undefined || value.value.includes('%%')) return [];
      const simple = /^[\w.]+(?:\([^()]*\))?$/.test(value.value);
      return replaceSpan(file, value.valueSpan, `${simple ? value.value : `(${value.value})`}.replace("%", "%%")`);
    }),
    explanation: 'Read back from the configuration, the URL is the same as before.',
  });
}
