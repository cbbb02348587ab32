/**
 * Modules that left the standard library, or a package that every Python once had. They are no packages: a distribution that happens to have the name is something else. Where somebody
 * maintains the module outside, its distribution is known by name; each was seen to bring the module on Python 3.14.
 */
import { topLevel } from './names.ts';

export interface Removed {
  /** First Python without it, or the first release of the package that had it. */
  readonly since: '3.12' | '3.13' | 'setuptools 82';
  readonly kind: string;
  /** The requirement that brings it: the distribution that maintains it outside, or the last releases that have it. */
  readonly outside?: string;
  /** What takes its place in one's own code. */
  readonly instead: string;
}

const pep594 = (instead: string, outside?: string): Removed => ({ since: '3.13', kind: 'removed-cgi', instead, ...(outside === undefined ? {} : { outside }) });

/** By module. */
export const REMOVED: Readonly<Record<string, Removed>> = {
  distutils: { since: '3.12', kind: 'removed-distutils', outside: 'setuptools', instead: 'shutil, sysconfig, packaging.version, or a function of your own for strtobool' },
  imp: { since: '3.12', kind: 'removed-imp', instead: 'importlib' },
  asyncore: { since: '3.12', kind: 'removed-asyncore', outside: 'pyasyncore', instead: 'asyncio' },
  asynchat: { since: '3.12', kind: 'removed-asyncore', outside: 'pyasynchat', instead: 'asyncio' },
  smtpd: { since: '3.12', kind: 'removed-asyncore', instead: 'aiosmtpd' },
  cgi: pep594('email.message and urllib.parse', 'legacy-cgi'), cgitb: pep594('traceback', 'legacy-cgi'), telnetlib: pep594('telnetlib3', 'standard-telnetlib'),
  pipes: pep594('subprocess and shlex.quote', 'standard-pipes'), imghdr: pep594('filetype or puremagic', 'standard-imghdr'), sndhdr: pep594('filetype', 'standard-sndhdr'),
  nntplib: pep594('another client', 'standard-nntplib'), mailcap: pep594('mimetypes', 'standard-mailcap'), uu: pep594('base64', 'standard-uu'),
  xdrlib: pep594('struct', 'standard-xdrlib'), aifc: pep594('another reader', 'standard-aifc'), chunk: pep594('another reader', 'standard-chunk'),
  sunau: pep594('another reader', 'standard-sunau'), msilib: pep594('another tool'), nis: pep594('another client'), spwd: pep594('pwd'), ossaudiodev: pep594('another library'),
  audioop: { since: '3.13', kind: 'removed-crypt-audioop', outside: 'audioop-lts', instead: 'another library' },
  crypt: { since: '3.13', kind: 'removed-crypt-audioop', instead: 'argon2-cffi, bcrypt or pwdlib' },
  pkg_resources: { since: 'setuptools 82', kind: 'removed-pkg-resources', outside: 'setuptools<82', instead: 'importlib.metadata, importlib.resources and packaging' },
  lib2to3: { since: '3.13', kind: 'removed-imp', instead: 'libcst' },
};

/** True for a module that every Python once came with and a newer one has not. */
export function isRemoved(module: string): boolean {
  return Object.hasOwn(REMOVED, topLevel(module));
}
