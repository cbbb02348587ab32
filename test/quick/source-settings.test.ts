import { describe, expect, test } from 'vitest';
import { statedAddresses, statedDatabase } from '../../source/compose.ts';
import { databaseIdentities, databaseUrls, identityOfUrl, usesDatabase } from '../../source/database.ts';
import { dotenvEntries, dotenvOf } from '../../source/dotenv.ts';
import { looksSecret, planEnvironment } from '../../source/environment.ts';
import { sourceOf, withFiles } from '../../source/read.ts';
import type { RunOptions } from '../../source/read.ts';
import { settingsClasses } from '../../source/variables.ts';

const FASTAPI = 'from fastapi import FastAPI\napp = FastAPI()\n';
const variables = async (text: string): Promise<readonly string[]> => (await sourceOf({ 'app/config.py': text })).variables.map((each) => `${each.name} ${each.type} ${each.required ? 'required' : each.default} ${each.reader}`);

test('a file that a fix makes for one variable does not claim to be the whole environment', async () => {
  const config = 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    a: str\n    b: str\nsettings = Settings()\n';
  const source = await sourceOf({ 'app/main.py': FASTAPI, 'app/config.py': config });
  const healed = withFiles(source, new Map([['.env', 'A=x\n']]));
  expect([source.environmentClaimed, healed.environmentClaimed]).toEqual([false, false]);
  expect(planEnvironment(healed).rows.map(({ name, value, source: from }) => `${name} ${value} ${from}`)).toEqual(['A x tree', 'B boot-check-b generated']);
  expect((await sourceOf({ 'app/main.py': FASTAPI, 'app/config.py': config, '.env': 'A=x\n' })).environmentClaimed).toBe(true);
});

test('a parameter that is named after an address gives its variable the form, whatever the example has', async () => {
  const source = await sourceOf({
    'app/main.py': FASTAPI, '.env.example': 'SMTP_USER=123\nSMTP_NAME=123\n',
    'app/config.py': 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    smtp_user: str\n    smtp_name: str\nsettings = Settings()\n',
    'app/mail.py': 'from fastapi_mail import ConnectionConfig\nfrom app.config import settings\nconf = ConnectionConfig(MAIL_USERNAME=settings.smtp_user, MAIL_FROM=settings.smtp_user, MAIL_FROM_NAME=settings.smtp_name)\n',
  });
  const values = Object.fromEntries(planEnvironment(source).rows.map(({ name, value }) => [name, value]));
  expect(values['SMTP_USER']).toMatch(/^[\w.-]+@[\w.-]+$/);
  expect(values['SMTP_NAME']).toBe('123');
});

test('a database that is a file by default is the server that the project is deployed with', async () => {
  const files = {
    'app/main.py': FASTAPI, '.env_examples': 'DB_TYPE=postgresql+asyncpg\nDB_HOST=system_db\nDB_PORT=5432\nDB_NAME=main_db\nDB_USER=admin\nDB_PASSWORD=REPLACE_ME\n',
    'app/config.py': 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    DB_TYPE: str = "sqlite+aiosqlite"\n    DB_USER: str | None = None\n    DB_PASSWORD: str | None = None\n    DB_HOST: str | None = None\n    DB_PORT: int | None = None\n    DB_NAME: str = "app.db"\n    DB_ECHO: bool = False\nsettings = Settings()\n',
  };
  const { env } = planEnvironment(await sourceOf({ ...files, 'requirements.txt': 'fastapi\nasyncpg\naiosqlite\n' }));
  expect(env).toMatchObject({ DB_TYPE: 'postgresql+asyncpg', DB_HOST: 'system_db', DB_PORT: '5432', DB_NAME: 'main_db', DB_USER: 'admin' });
  expect(env).not.toHaveProperty('DB_ECHO');
  const blank = { ...files, 'app/config.py': files['app/config.py'].replace('"sqlite+aiosqlite"', '""'), 'requirements.txt': 'fastapi\nasyncpg\n' };
  expect(planEnvironment(await sourceOf(blank)).env).toMatchObject({ DB_TYPE: 'postgresql+asyncpg', DB_HOST: 'system_db' });
  expect(databaseIdentities(await sourceOf({ ...blank, '.env_examples': '' }), { DB_HOST: 'db', DB_USER: 'shop', DB_NAME: '' })).toEqual([expect.objectContaining({ user: 'shop', database: 'shop' })]);
  expect(planEnvironment(await sourceOf({ ...files, 'requirements.txt': 'fastapi\naiosqlite\n' })).env).toEqual({});
});

describe('models filled from the whole environment', () => {
  const BUILT = `
import os
from dotenv import dotenv_values
from pydantic import BaseModel
class Base(BaseModel):
    VERSION: str
class AppConfig(Base):
    LOG_LEVEL: str = "INFO"
    WORKERS: int
class Payload(BaseModel):
    title: str
merged = {**dotenv_values(".env"), **os.environ}
`;
  test('the fields are variables, with those of the parents', async () => {
    expect(await variables(`${BUILT}config = AppConfig(**merged)\n`)).toEqual(['VERSION str required pydantic-settings', 'LOG_LEVEL str INFO pydantic-settings', 'WORKERS int required pydantic-settings']);
    expect(await variables(`${BUILT}config = AppConfig.model_validate(dict(os.environ))\n`)).toContain('WORKERS int required pydantic-settings');
  });

  test('a model built from something else is not', async () => {
    expect(await variables(`${BUILT}payload = Payload(title="x")\n`)).toEqual([]);
    expect(await variables('from pydantic import BaseModel\nclass A(BaseModel):\n    x: int\ndef make(data):\n    return A(**data)\n')).toEqual([]);
  });
});

describe('settings classes', () => {
  test('pydantic-settings: prefix, aliases, defaults, Annotated, inheritance', async () => {
    expect(await variables(`
from typing import Annotated, ClassVar, Optional
from pydantic import Field, SecretStr, AliasChoices
from pydantic_settings import BaseSettings, SettingsConfigDict
class Base(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_prefix="APP_")
    debug: bool = False
class Settings(Base):
    name: str
    key: SecretStr = SecretStr("x")
    url: str = Field(..., alias="DATABASE_URL")
    many: list[str] = Field(default_factory=list)
    port: Annotated[int, Field(gt=0)] = 8000
    other: Optional[str]
    two: str = Field("d", validation_alias=AliasChoices("TWO", "ZWEI"))
    K: ClassVar[int] = 1
    _private: int = 2
`)).toEqual([
      'APP_DEBUG bool False pydantic-settings', 'APP_NAME str required pydantic-settings', 'APP_KEY SecretStr x pydantic-settings', 'DATABASE_URL str required pydantic-settings',
      'APP_MANY list[str] list() pydantic-settings', 'APP_PORT Annotated[int, Field(gt=0)] 8000 pydantic-settings', 'APP_OTHER Optional[str] required pydantic-settings', 'TWO str d pydantic-settings',
    ]);
  });

  test('pydantic v1: class Config, env=, Optional is optional', async () => {
    const text = 'from pydantic import BaseSettings, Field\nfrom typing import Optional\nclass Settings(BaseSettings):\n    url: str = Field(..., env="DB")\n    maybe: Optional[int]\n    class Config:\n        env_file = ".env"\n        case_sensitive = True\n';
    expect(await variables(text)).toEqual(['DB str required pydantic-settings', 'maybe Optional[int] None pydantic-settings']);
    expect(settingsClasses(await sourceOf({ 'a.py': text }))[0]).toMatchObject({ origin: 'pydantic', envFiles: ['.env'], line: 3, name: 'Settings' });
  });

  test('nested models with a delimiter', async () => {
    expect(await variables('from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\nclass Db(BaseModel):\n    host: str\n    port: int = 5432\nclass Settings(BaseSettings, env_nested_delimiter="__"):\n    db: Db\n    spare: Db = Db(host="x")\n')).toEqual([
      'DB__HOST str required pydantic-settings', 'DB__PORT int 5432 pydantic-settings', 'SPARE__HOST str null pydantic-settings', 'SPARE__PORT int 5432 pydantic-settings',
    ]);
  });
});

test('direct reads', async () => {
  expect(await variables(`
import os
from os import getenv, environ
from decouple import config
from environs import Env
from starlette.config import Config
A = os.environ["A"]
B = os.getenv("B")
C = getenv("C", "c")
D = environ.get("D") or "d"
E = int(os.getenv("E"))
F = config("F", cast=bool)
G = config("G", default=3, cast=int)
env = Env()
H = env.int("H")
I = env.str("I", "i")
settings = Config(".env")
J = settings("J", cast=str, default="j")
K = settings("K")
os.environ["L"] = "written"
P = os.environ["PATH"]
def read(key, default=None):
    return os.environ.get(key, default)
M = read("M", "m")
N = f"postgresql://{os.getenv('N')}"
O = os.getenv("O")
if not O:
    raise RuntimeError("O is needed")
DATABASE_URL = os.environ.get("DATABASE_URL")
`)).toEqual([
    'A str required environ', 'B str null getenv', 'C str c getenv', 'D str d environ', 'E int required getenv', 'F bool required decouple', 'G int 3 decouple', 'H int required environs', 'I str i environs',
    'J str j decouple', 'K str required decouple', 'M str m getenv', 'N str required getenv', 'O str required getenv', 'DATABASE_URL str required environ',
  ]);
});

test('.env as python-dotenv reads it', () => {
  const text = '\uFEFF# c\nA=1\nexport B = "two words" # c\nC=\'it\\\'s\'\nD=plain # c\nE=a#b\nF=\nG\n H="line\nbreak"\nI="\\n\\"${A}"\n=bad\nA=last\n';
  expect(Object.fromEntries(dotenvOf({ text }))).toEqual({ A: 'last', B: 'two words', C: "it's", D: 'plain', E: 'a#b', F: '', H: 'line\nbreak', I: '\n"${A}' });
  const [first] = dotenvEntries(text);
  expect(first).toMatchObject({ name: 'A', line: 2 });
  expect(text.slice(first?.start, first?.end)).toBe('1');
  expect(dotenvEntries(text).find((each) => each.name === 'I')?.line).toBe(11);
});

test('what the file says of itself is filled in', async () => {
  const text = 'USER=u\nPASSWORD=p\nURL=postgresql://${USER}:${PASSWORD}@${HOST:-db}/x${NOTHING}\n';
  expect(dotenvOf({ text }).get('URL')).toContain('${USER}');
  expect((await sourceOf({ '.env': text })).dotenv.get('URL')).toBe('postgresql://u:p@db/x');
});

const environment = async (files: Record<string, string>, options: RunOptions = {}): Promise<Record<string, string>> => planEnvironment(await sourceOf({ 'src/main.py': FASTAPI, ...files }, options)).env;
const settings = (fields: string): string => `from enum import Enum\nfrom typing import Literal\nfrom pydantic import EmailStr, AnyHttpUrl, PostgresDsn\nfrom pydantic_settings import BaseSettings\nclass Kind(str, Enum):\n    LOCAL = "local"\n    PROD = "prod"\nclass Settings(BaseSettings):\n${fields.split('\n').map((line) => `    ${line}`).join('\n')}\n`;

describe('the environment of the first boot', () => {
  test('every required variable gets a value of its type, nothing else is set', async () => {
    const env = await environment({ 'src/config.py': settings('SECRET_KEY: str\nPORT: int\nDEBUG: bool\nORIGINS: list[AnyHttpUrl]\nMAIL: EmailStr\nKIND: Kind\nMODE: Literal["a", "b"]\nREDIS_URL: str\nTOKEN_EXPIRE_MINUTES: int\nALGORITHM: str\nRATIO: float\nOPTIONAL: str = "x"') });
    expect(env).toMatchObject({ PORT: '8000', DEBUG: 'false', ORIGINS: '["http://localhost:3000"]', MAIL: 'admin@example.com', KIND: 'local', MODE: 'a', REDIS_URL: 'redis://localhost:6379/0', TOKEN_EXPIRE_MINUTES: '30', ALGORITHM: 'HS256', RATIO: '1.0' });
    expect(env['SECRET_KEY']?.length).toBeGreaterThanOrEqual(32);
    expect(env).not.toHaveProperty('OPTIONAL');
  });

  test.each([
    ['async engine', 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(settings.DATABASE_URL)\n', 'asyncpg\n', 'postgresql+asyncpg'],
    ['async engine around a sync one', 'from sqlalchemy.ext.asyncio import AsyncEngine\nfrom sqlmodel import create_engine\nengine = AsyncEngine(create_engine(url=settings.DATABASE_URL, echo=True))\n', 'asyncpg\n', 'postgresql+asyncpg'],
    ['async engine, psycopg only', 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(settings.DATABASE_URL)\n', 'psycopg[binary]\n', 'postgresql+psycopg'],
    ['sync engine', 'from sqlmodel import create_engine\nengine = create_engine(settings.DATABASE_URL)\n', 'psycopg2-binary\n', 'postgresql'],
    ['sync engine, psycopg 3', 'from sqlmodel import create_engine\nengine = create_engine(settings.DATABASE_URL)\n', 'psycopg\n', 'postgresql+psycopg'],
    ['the code adds the driver', 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(settings.DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://"))\n', 'asyncpg\n', 'postgresql'],
    ['a bare driver', 'import asyncpg\npool = asyncpg.create_pool(settings.DATABASE_URL)\n', 'asyncpg\n', 'postgresql'],
  ])('database URL: %s', async (_, code, requirements, scheme) => {
    const env = await environment({ 'src/config.py': settings('DATABASE_URL: str'), 'src/db.py': code, 'requirements.txt': requirements });
    expect(env['DATABASE_URL']).toBe(`${scheme}://postgres:postgres@localhost:5432/postgres`);
  });

  test('the example file is used where it fits, never its real hosts or blanks', async () => {
    const files = { 'src/config.py': settings('NAME: str\nMAIL_SERVER: str\nLOG_FILE: str\nAPI_URL: str\nCOUNT: int\nPOSTGRES_DB: str\nPOSTGRES_PORT: int'), '.env.example': 'MAIL_SERVER=smtp.example.io\nLOG_FILE=app.log\nNAME=demo\nAPI_URL=https://api.stripe.com\nCOUNT=<number>\nPOSTGRES_DB=shop\nPOSTGRES_PORT=\n' };
    expect(await environment(files)).toEqual({ NAME: 'demo', MAIL_SERVER: 'localhost', LOG_FILE: 'app.log', API_URL: 'http://localhost:8000', COUNT: '5', POSTGRES_DB: 'shop', POSTGRES_PORT: '5432' });
  });

  test('a part of an address is not taken from the example where it would end the address', async () => {
    const code = 'import os\nurl = f"postgresql://{os.getenv(\'POSTGRES_USER\')}:{os.getenv(\'POSTGRES_PASSWORD\')}@db/x"\n';
    expect(await environment({ 'src/config.py': code, '.env.example': 'POSTGRES_USER=shop\nPOSTGRES_PASSWORD=shop@home\n' })).toEqual({ POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'postgres' });
  });

  test('a .env claims to be whole: nothing is filled in, and a file the app reads itself is not repeated', async () => {
    const files = { 'src/config.py': settings('A: str\nB: str'), '.env': 'A=1\n' };
    expect(await environment(files)).toEqual({ A: '1' });
    expect(await environment({ ...files, 'src/config.py': `${files['src/config.py']}    model_config = {"env_file": ".env"}\n` })).toEqual({});
    const plan = planEnvironment(await sourceOf({ 'src/main.py': FASTAPI, ...files }));
    expect(plan.rows.map(({ name, value, source }) => [name, value, source])).toEqual([['A', '1', 'tree'], ['B', null, 'tree']]);
  });

  test.each([
    ['a literal above the root', '"../.env"', {}, ['A']],
    ['a list of literals above the root', '("../.env", "../.env.prod")', {}, ['A']],
    ['a literal from the folder of the start', '".env"', { cwd: 'src' }, ['A']],
    ['a literal that leads from there to the file', '"../.env"', { cwd: 'src' }, []],
    ['a folder that only a run knows', 'Path(__file__).parent / "../.env"', {}, []],
  ])('a .env that the settings class does not find is given to the process: %s', async (_, written, options, given) => {
    const files = { 'src/config.py': `${settings('A: str')}    model_config = SettingsConfigDict(env_file=${written})\n`, '.env': 'A=1\n' };
    expect(Object.keys(await environment(files, options))).toEqual(given);
  });

  test('what the user gives is set and said to be the user’s', async () => {
    const source = await sourceOf({ 'src/main.py': FASTAPI, 'src/config.py': settings('SECRET_KEY: str\nB: str') }, { env: { SECRET_KEY: 'mine' } });
    expect(planEnvironment(source)).toMatchObject({ env: { SECRET_KEY: 'mine' }, rows: [{ name: 'B', value: null }, { name: 'SECRET_KEY', source: 'user', secret: true, read_at: ['src/config.py:9'] }] });
  });

  test.each([
    'JWT_SECRET', 'API_KEY', 'DB_PASSWORD', 'ACCESS_TOKEN', 'DB_PW', 'DBPASS', 'PGPASSWORD', 'POSTGRES_PASS', 'HOLIDAYS_API_KEY', 'dbPassword', 'SENTRY_DSN', 'PASSWORD_SALT', 'FERNET_KEY', 'MINUTES_OF_MEETING_TOKEN', 'AWS_SECRET_ACCESS_KEY',
  ])('%s is secret', (name) => {
    expect(looksSecret(name, 'x')).toBe(true);
  });

  test.each([
    'ALGORITHM', 'ACCESS_TOKEN_EXPIRE_MINUTES', 'KEYBOARD', 'MONKEY', 'HOST', 'TOKEN_URL', 'JWT_ALGORITHM', 'REFRESH_TOKEN_EXPIRES_IN', 'PASSWORD_MIN_LENGTH', 'JWT_PUBLIC_KEY', 'PWD', 'COMPASS', 'DEBUG', 'HOLIDAYS',
  ])('%s is not', (name) => {
    expect(looksSecret(name, 'x')).toBe(false);
  });

  test('secrets by value', () => {
    expect(['redis://u:p@h/0', 'ghp_0123456789abcdefghijABCDEFGHIJ', '-----BEGIN RSA PRIVATE KEY-----', 'plain', 'http://localhost:8000', ''].map((value) => looksSecret('ADDRESS', value))).toEqual([true, true, true, false, false, false]);
  });

  test('what the app signs with is given to it, what reaches outside is not', async () => {
    const code = 'import os\nkey = os.getenv("SECRET_KEY")\nbetter = os.getenv("BETTER_AUTH_SECRET")\nout = os.getenv("GOOGLE_CLIENT_SECRET")\nai = os.getenv("OPENAI_API_KEY")\n';
    expect(Object.keys(await environment({ 'src/config.py': code })).sort()).toEqual(['BETTER_AUTH_SECRET', 'SECRET_KEY']);
  });
});

describe('the database the app asks for', () => {
  test.each([
    ['postgresql+asyncpg://u:p%40w@db:5433/shop?ssl=require', { host: 'db', port: 5433, user: 'u', password: 'p@w', database: 'shop' }],
    ['postgres://localhost', { host: 'localhost', port: 5432, user: 'postgres', password: '', database: 'postgres' }],
    ['postgresql:///shop?host=h&user=u', { host: 'h', port: 5432, user: 'u', password: '', database: 'shop' }],
    ['sqlite:///x.db', undefined], ['mysql://a/b', undefined], ['', undefined],
  ])('%s', (url, wanted) => {
    expect(identityOfUrl(url)).toEqual(wanted);
  });

  const identities = async (files: Record<string, string>, options: RunOptions = {}): Promise<readonly string[]> => {
    const source = await sourceOf({ 'src/main.py': FASTAPI, ...files }, options);
    return databaseIdentities(source, planEnvironment(source).env).map(({ user, password, host, port, database }) => `${user}:${password}@${host}:${port}/${database}`);
  };

  test('from .env, defaults, literals, parts and f-strings', async () => {
    expect(await identities({ '.env': 'DATABASE_URL=postgresql+asyncpg://a:b@db:5432/one\n' })).toEqual(['a:b@db:5432/one']);
    expect(await identities({ 'src/db.py': 'from sqlalchemy import create_engine\nengine = create_engine("postgresql://a:b@localhost:5433/two")\n' })).toEqual(['a:b@localhost:5433/two']);
    expect(await identities({ 'src/config.py': 'import os\nHOST = os.getenv("DB_HOST", "pg")\nUSER = os.getenv("DB_USER", "me")\nPASS = os.environ["DB_PASSWORD"]\nNAME = os.getenv("DB_NAME", "app")\nURL = f"postgresql://{USER}:{PASS}@{HOST}/{NAME}"\n' })).toEqual(['me:postgres@pg:5432/app']);
    expect(await identities({ 'alembic.ini': 'sqlalchemy.url = postgresql://x:y@z/w\n' })).toEqual(['x:y@z:5432/w']);
    expect(await identities({ 'src/db.py': 'import asyncpg\n' })).toEqual(['postgres:postgres@localhost:5432/postgres']);
    expect(await identities({ 'src/db.py': 'import sqlite3\n' })).toEqual([]);
  });

  const COMPOSE = 'services:\n  api:\n    build: .\n  pg:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: ${PG_PASS:-hush}\n      POSTGRES_DB: shop\n    ports: ["127.0.0.1:5433:5432"]\n';

  test('a compose file states it, unless a part is left open', async () => {
    const stated = await sourceOf({ 'docker-compose.yml': COMPOSE });
    expect(stated.run.stated).toEqual({ host: 'pg', port: 5432, user: 'postgres', password: 'hush', database: 'shop' });
    expect(statedAddresses(stated.files)).toEqual([{ host: 'pg', port: 5432 }, { host: 'localhost', port: 5433 }, { host: '127.0.0.1', port: 5433 }]);
    expect(statedDatabase((await sourceOf({ 'compose.yaml': COMPOSE.replace(':-hush', '') })).files)).toBeUndefined();
    expect(statedDatabase((await sourceOf({ 'compose.yaml': COMPOSE.replace(':-hush', ''), '.env': 'PG_PASS=x\n' })).files)?.password).toBe('x');
    expect(statedDatabase((await sourceOf({ 'compose.yaml': 'services: [' })).files)).toBeUndefined();
    // What the scripts make is not in the variables: the name of a database must not be "corrected" to that of the variables.
    const scripted = (mount: string): string => `services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: x\n    volumes:\n      - ${mount}\n`;
    expect(statedDatabase((await sourceOf({ 'compose.yaml': scripted('data:/var/lib/postgresql/data') })).files)?.database).toBe('postgres');
    expect(statedDatabase((await sourceOf({ 'compose.yaml': scripted('./init.sql:/docker-entrypoint-initdb.d/init.sql') })).files)).toBeUndefined();
    expect(await identities({ 'compose.yml': COMPOSE, 'src/db.py': 'u = "postgresql://a:b@localhost/other"\n' })).toEqual(['postgres:hush@pg:5432/shop', 'postgres:hush@localhost:5433/shop', 'postgres:hush@127.0.0.1:5433/shop']);
    expect(await identities({ 'compose.yml': COMPOSE, 'src/config.py': settings('POSTGRES_PASSWORD: str\nPOSTGRES_DB: str') }, { database: { host: 'real', port: 1, user: 'u', password: 'p', database: 'd' } })).toEqual(['u:p@real:1/d']);
  });

  test('only where one is used', async () => {
    expect(usesDatabase(await sourceOf({ 'src/main.py': FASTAPI }))).toBe(false);
    expect(usesDatabase(await sourceOf({ 'src/db.py': 'from sqlalchemy import create_engine\nengine = create_engine("sqlite:///x.db")\n' }))).toBe(false);
    expect(usesDatabase(await sourceOf({ 'src/db.py': 'import asyncpg\n' }))).toBe(true);
  });

  test('URLs with their places', async () => {
    const text = 'DATABASE_URL: str = "postgresql://u:p@h/d"\nx = url.replace("postgresql://", "")\n';
    const source = await sourceOf({ 'src/config.py': text, '.env': "A='postgres://u@h/d'\n" });
    const [code, dotenv] = databaseUrls(source);
    expect(code).toMatchObject({ line: 1, scheme: 'postgresql', variable: 'DATABASE_URL', where: 'code', template: false });
    expect(text.slice(code?.start, code?.end)).toBe('postgresql://u:p@h/d');
    expect(dotenv).toMatchObject({ file: '.env', start: 3, end: 19, where: 'dotenv', variable: 'A' });
  });
});
