/** URLs that the code puts together: `f"postgresql://{user}:{password}@{host}/{name}"`, with values that come from the environment. */
import { importName } from '../../source/edits.ts';
import type { DatabaseUrl } from '../../source/database.ts';
import { importedNames } from '../../source/python.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { settingsUrls } from './drivers.ts';
import { variableBehind } from './variables.ts';

export interface QuotedTemplate {
  readonly url: DatabaseUrl;
  readonly edits: readonly Edit[];
}

/** `{user}:{settings.db_password}@`: the expression between the colon and the `@` */
const PASSWORD = /:\/\/[^/@]*?:\{(?<expression>[^{}:!]+)\}@/d;

/** Templates whose password is filled in as it is, while its value holds characters that mean something in a URL. */
export function quotedInTemplates(source: Source): readonly QuotedTemplate[] {
  return settingsUrls(source, 'postgresql').filter((url) => url.template && url.where === 'code').flatMap((url) => {
    const file = source.files.get(url.file);
    const written = file?.text.slice(url.start, url.end) ?? '';
    const span = PASSWORD.exec(written)?.indices?.groups?.['expression'];
    if (file === undefined || span === undefined) return [];
    const expression = written.slice(span[0], span[1]);
    const value = valueOf(source, file, expression);
    if (value === undefined || !/[@/?#:[\]%\s]/.test(value) || /quote/.test(expression)) return [];
    const known = [...importedNames(file)].find(([, origin]) => origin === 'urllib.parse.quote_plus')?.[0];
    const edit: Edit = { file: file.path, old: expression, new: `${known ?? 'quote_plus'}(${expression})`, at: url.start + span[0] };
    return [{ url, edits: [edit, ...(known === undefined ? importName(file, 'urllib.parse', 'quote_plus') : [])] }];
  });
}

function valueOf(source: Source, file: SourceFile, expression: string): string | undefined {
  const variable = variableBehind(source, file, expression.trim()) ?? bareField(expression);
  if (variable === undefined) return undefined;
  return source.run.env[variable] ?? source.dotenv.get(variable) ?? source.dotenv.get(variable.toUpperCase()) ?? source.variables.find(({ name }) => name === variable)?.default ?? undefined;
}

/** `self.DB_PASSWORD` in a settings class. */
function bareField(expression: string): string | undefined {
  return /^(?:self|cls|values|info\.data)\W+(?<name>\w+)/.exec(expression.trim())?.groups?.['name'];
}
