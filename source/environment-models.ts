/**
 * Plain pydantic models that are filled from the whole environment: `AppConfig(**os.environ)`, or from a mapping put together of
 * `dotenv_values(".env")` and `os.environ`. Their fields are variables just as those of a settings class are.
 */
import { callsOf } from './calls.ts';
import { isAside } from './import-roots.ts';
import { originOf } from './imports.ts';
import { modelFields } from './settings-classes.ts';
import type { SettingsClass } from './settings-classes.ts';
import { treeClass } from './settings-config.ts';
import type { Files, Model } from './settings-config.ts';
import { isPython } from './syntax.ts';

/** The environment as one mapping, not one variable of it. */
const WHOLE = /\bdotenv_values\s*\(|(?:\*\*|dict\()\s*(?:os\.)?environ\b|\bos\.environ\.(?:copy|items)\(\)|\|\s*os\.environ\b|\bmodel_validate\(\s*(?:dict\()?os\.environ/;

export function environmentModels({ files }: { readonly files: Files }): readonly Pick<SettingsClass, 'fields'>[] {
  return [...files.values()].filter((file) => isPython(file) && !isAside(file.path) && WHOLE.test(file.text)).flatMap((file) => {
    const built = callsOf(file).flatMap((call) => {
      const mapping = call.arguments.some(({ splat, value }) => splat && value.startsWith('**')) || /\.model_validate$/.test(call.written);
      const model = mapping ? treeClass(files, file, originOf(file, call.written.replace(/\.model_validate$/, ''))) : undefined;
      return model !== undefined && isPlainModel(files, model, 0) ? [model] : [];
    });
    return [...new Map(built.map((model) => [`${model.file.path}:${String(model.definition.start)}`, model])).values()].map((model) => ({ fields: modelFields(files, model) }));
  });
}

function isPlainModel(files: Files, { file, definition }: Model, depth: number): boolean {
  return depth < 6 && definition.bases.some((base) => {
    if (/^pydantic(?:\.main)?\.BaseModel$/.test(base)) return true;
    const parent = treeClass(files, file, base);
    return parent !== undefined && parent.definition.name !== definition.name && isPlainModel(files, parent, depth + 1);
  });
}
