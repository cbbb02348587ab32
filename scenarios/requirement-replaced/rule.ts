import { declaredRequirements } from '../../source/manifest.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'requirement-replaced';

/** Distributions whose own pages say that they are over, or that are something else than their name suggests. */
const REPLACED: Readonly<Record<string, { readonly by: string; readonly why: string }>> = {
  aioredis: { by: 'redis (redis.asyncio)', why: 'aioredis became a part of redis in 2022 and does not import on Python 3.11 and later.' },
  'asyncio': { by: 'nothing: it is part of Python', why: 'The package of that name is a copy for Python 3.3, and hides the module of the standard library.' },
  'dotenv': { by: 'python-dotenv', why: 'The package dotenv is another, abandoned one.' },
  'jwt': { by: 'pyjwt', why: 'The module jwt with encode and decode comes from the package PyJWT; the package jwt is another library.' },
  'jose': { by: 'python-jose', why: 'The package jose is an old one for Python 2.' },
  'multipart': { by: 'python-multipart', why: 'FastAPI reads forms with python-multipart; multipart is another library whose module has the same name.' },
  'pathlib': { by: 'nothing: it is part of Python', why: 'The package of that name is a copy for Python 2, and hides the module of the standard library.' },
  'sklearn': { by: 'scikit-learn', why: 'The package sklearn only fails when it is installed.' },
  'typing': { by: 'nothing: it is part of Python', why: 'The package of that name is a copy for Python 2 and 3.4, and breaks on newer ones.' },
  'dataclasses': { by: 'nothing: it is part of Python', why: 'The package of that name is a copy for Python 3.6.' },
  'fastapi-jwt-auth': { by: 'pyjwt with a dependency of your own', why: 'It has had no release since 2020 and does not work with pydantic 2.' },
  'async-exit-stack': { by: 'contextlib.AsyncExitStack', why: 'It is part of Python since 3.7.' },
  'async-generator': { by: 'nothing: it is part of Python', why: 'Asynchronous generators are part of Python since 3.6.' },
};

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'MEDIUM',
  title: 'A required package is over, or is not the one that its name suggests.',
  detect: () => [],
  scan: (source) => declaredRequirements(source).filter(({ main }) => main).flatMap(({ name, file, line }): readonly Finding[] => {
    const replaced = REPLACED[name];
    return replaced === undefined ? [] : [{
      kind, stage: 'install', severity: 'MEDIUM', category: 'DEPENDENCY', file, line, facts: { distribution: name },
      what: `${file} requires ${name}, in whose place stands ${replaced.by}.`,
      why: replaced.why,
      todo: `Take ${replaced.by} instead of ${name}.`,
      candidates: [],
    }];
  }),
};
