import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mask, maskValues } from '../../parsers/mask.ts';

describe('passwords in URLs', () => {
  const word = fc.string({ minLength: 6, maxLength: 30 }).filter((text) => !/\s/.test(text) && text.isWellFormed());
  const scheme = fc.constantFrom('postgresql', 'postgresql+asyncpg', 'postgres', 'redis', 'amqp', 'mongodb+srv', 'https', 'mysql+pymysql', 'x-any.thing');
  // What stands before the URL must not make the password part of something else: a real text has spaces there.
  const around = fc.constantFrom('', 'could not connect to ', "url='", '"', '(', 'DATABASE_URL=', '    engine = create_engine("');

  test('a password never survives, whatever it is made of', () => {
    fc.assert(
      fc.property(scheme, word, around, fc.constantFrom('', "'", '"', ')'), (name, password, before, after) => {
        // A mark of its own makes sure that a password such as `app` is not found in the user's name.
        const secret = `Zq7${password}7qZ`;
        expect(mask(`${before}${name}://app:${secret}@db.example:5432/shop${after}`)).not.toContain(secret);
        expect(mask(`${name}://:${secret}@cache:6379/0 is not there`)).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  test('no part of a password with an @ or a quote survives', () => {
    expect(mask(`could not parse 'postgresql://app:one@two'three@db/shop'`)).toBe(`could not parse 'postgresql://app:***@db/shop'`);
  });

  test('scheme, user, host and database stay readable', () => {
    expect(mask('sqlalchemy.url = postgresql+asyncpg://app:hunter2@db:5432/shop?ssl=require')).toBe('sqlalchemy.url = postgresql+asyncpg://app:***@db:5432/shop?ssl=require');
    expect(mask('see https://docs.pydantic.dev/2.10/migration/#basesettings')).toBe('see https://docs.pydantic.dev/2.10/migration/#basesettings');
  });
});

describe('other secrets', () => {
  test.each([
    ['Authorization: Bearer abcdef.123456', 'abcdef'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4 expired', 'SflKx'],
    ['key AKIAIOSFODNN7EXAMPLE is revoked', 'IOSFODNN7'],
    ['git clone failed: ghp_16C7e42F292c6912E7710c838347Ae178B4a', '16C7e42F'],
    ['SECRET_KEY=made-up-value', 'made-up'],
    ["{'db_password': 'made up', 'port': 1}", 'made up'],
    ['{"api_key": "made-up"}', 'made-up'],
    ['SECRET_KEY: made-up', 'made-up'],
    ["host=db password=made-up dbname=shop", 'made-up'],
    ["  Field required [type=missing, input_value={'token': 'made-up'}, input_type=dict]", 'made-up'],
    ["[parameters: ('ann', 'made-up')]", 'made-up'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEmadeup\n-----END RSA PRIVATE KEY-----', 'MIIEmadeup'],
    ['    SECRET_KEY = "made-up"', 'made-up'],
    ["    connect(password='made-up', user='app')", 'made-up'],
  ])('%s', (text, secret) => {
    expect(mask(text)).not.toContain(secret);
  });

  test('what is no secret stays', () => {
    const texts = [
      "KeyError: 'SECRET_KEY'", 'ValueError: JWT_SECRET environment variable is not set', '    secret = os.environ["SECRET_KEY"]', '    password=settings.db_password,',
      '    id: Mapped[int] = mapped_column(primary_key=True)', 'sort_key=name', "  Field required [type=missing, input_value=***, input_type=dict]",
    ];
    for (const text of texts) expect(mask(text)).toBe(text);
  });

  test('masking twice changes nothing more', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => { expect(mask(mask(text))).toBe(mask(text)); }));
  });
});

describe('known values', () => {
  test('all forms go: plain, URL-encoded, JSON-escaped', () => {
    const value = 'p@ss "word"/1';
    const text = `${value} ${encodeURIComponent(value)} ${JSON.stringify(value)}`;
    expect(maskValues(text, [value])).toBe('*** *** "***"');
  });

  test('a value inside a longer one leaves nothing behind; short ones are left alone', () => {
    expect(maskValues('abcd-efgh abcd db', ['abcd', 'abcd-efgh', 'db'])).toBe('*** *** db');
  });
});
