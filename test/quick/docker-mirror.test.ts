import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';

import { chooseMirror, hostMirror, parseDeb822, parseOneLine } from '../../docker/mirror.ts';

const DEB822 = `Types: deb
# http://snapshot.example/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

describe('apt sources', () => {
  test('reads stanzas, comments between their fields included', () => {
    expect(parseDeb822(DEB822)).toEqual([
      { uri: 'http://mirror.example/debian', suites: ['bookworm', 'bookworm-updates'], components: ['main'] },
      { uri: 'http://mirror.example/debian-security', suites: ['bookworm-security'], components: ['main'] },
    ]);
  });

  test('reads fields that go on in the next line, and leaves out disabled stanzas and sources of source code', () => {
    const text = 'Types: deb deb-src\nURIs:\n http://one.example/d\n http://two.example/d\nSuites: trixie\nComponents: main\n'
      + '\nTypes: deb\nEnabled: no\nURIs: http://off.example/d\nSuites: trixie\nComponents: main\n'
      + '\nTypes: deb-src\nURIs: http://src.example/d\nSuites: trixie\nComponents: main\n';
    expect(parseDeb822(text).map(({ uri }) => uri)).toEqual(['http://one.example/d', 'http://two.example/d']);
  });

  test('reads one-line sources with options and comments', () => {
    const text = '# deb http://old.example/debian bookworm main\ndeb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # ours\n'
      + 'deb-src http://src.example/debian bookworm main\n';
    expect(parseOneLine(text)).toEqual([{ uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] }]);
  });

  test('chooses the archive with whole suites, whatever order they stand in', () => {
    expect(chooseMirror(parseDeb822(DEB822).toReversed())).toBe('http://mirror.example/debian');
  });

  test.each([
    ['security updates only', 'deb http://mirror.example/debian-security bookworm-security main'],
    ['the old form of security updates', 'deb http://mirror.example/security buster/updates main'],
    ['a vendor without main', 'deb http://vendor.example/apt stable stable'],
    ['a disc', 'deb cdrom:[Debian] bookworm main'],
  ])('takes no mirror from %s', (_name, line) => {
    expect(chooseMirror(parseOneLine(line))).toBeUndefined();
  });

  test('looks at both kinds of file', async () => {
    await using folder = await createFixture({ 'sources.list': '# moved\n', 'sources.list.d': { 'debian.sources': DEB822, 'x.list.disabled': 'deb http://no.example/ a main' } });
    expect(await hostMirror(folder.path)).toBe('http://mirror.example/debian');
    await using none = await createFixture({ 'sources.list': '' });
    expect(await hostMirror(none.path)).toBeUndefined();
  });
});
