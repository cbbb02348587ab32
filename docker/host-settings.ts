/** Settings of this machine that containers with a network need too: certificates, proxies, package indexes. Never hard-coded. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

import { execa } from 'execa';

/** Where a container sees the machine's certificates. */
export const CA_IN_CONTAINER = '/etc/boot-check-ca.pem';

/** Variables that name a bundle of certificates, the most specific first. */
const CA_VARIABLES = ['SSL_CERT_FILE', 'UV_SSL_CERT_FILE', 'PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'];
/** Where distributions keep theirs. */
const CA_FILES = [
  '/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem', '/etc/ssl/ca-bundle.pem',
];
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];
/** pip's setting → uv's variable with the same meaning. */
const INDEX_SETTINGS: Readonly<Record<string, string>> = {
  'index-url': 'UV_DEFAULT_INDEX', 'extra-index-url': 'UV_INDEX', 'trusted-host': 'UV_INSECURE_HOST', 'default-timeout': 'UV_HTTP_TIMEOUT',
  timeout: 'UV_HTTP_TIMEOUT',
};
/** uv's own variables that are worth handing on; those about folders would mean nothing in a container. */
const UV_VARIABLES = /^UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_STRATEGY|INSECURE_HOST|HTTP_TIMEOUT|INDEX_\w+_(USERNAME|PASSWORD))$/;

/** The bundle of certificates this machine trusts; undefined when none is found. */
export async function hostCertificates(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const path of [...CA_VARIABLES.map((name) => env[name]), ...CA_FILES]) {
    if (path !== undefined && path !== '' && await readable(path)) return path;
  }
  return undefined;
}

/** Proxy variables as they are set here. */
export function proxySettings(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return pick(env, (name) => PROXY_VARIABLES.includes(name));
}

/** Pip's settings on this machine (`index-url` → value), from its files and its variables. */
export async function pipSettings(): Promise<Record<string, string>> {
  for (const [program, ...before] of [['pip'], ['pip3'], ['python3', '-m', 'pip']] as const) {
    const { stdout, failed } = await execa(program, [...before, 'config', 'list'], { reject: false, timeout: 10_000 });
    if (!failed) return parsePipConfig(stdout);
  }
  return {};
}

/** Reads `pip config list`: lines such as `global.index-url='https://…'`; a variable (`:env:`) wins over a file. */
export function parsePipConfig(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^(?<section>:env:|\w+)\.(?<key>[\w-]+)='(?<value>.*)'$/gm)].map((match) => match.groups!);
  const inOrder = lines.toSorted((a, b) => Number(a['section'] === ':env:') - Number(b['section'] === ':env:'));
  return Object.fromEntries(inOrder.map((line) => [line['key']!, line['value']!.replaceAll('\\n', ' ').trim()]));
}

/** Variables for uv in a container: this machine's proxies and indexes, uv's own settings before pip's. */
export async function installerEnvironment(certificates: boolean, env: NodeJS.ProcessEnv = process.env): Promise<Record<string, string>> {
  const pip = await pipSettings();
  const fromPip = Object.entries(INDEX_SETTINGS).flatMap(([setting, variable]) => {
    const value = pip[setting];
    return value === undefined || value === '' ? [] : [[variable, value] as const];
  });
  return {
    ...Object.fromEntries(fromPip), ...pick(env, (name) => UV_VARIABLES.test(name)), ...proxySettings(env),
    ...(certificates ? { SSL_CERT_FILE: CA_IN_CONTAINER, PIP_CERT: CA_IN_CONTAINER, REQUESTS_CA_BUNDLE: CA_IN_CONTAINER } : {}),
  };
}

function pick(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => wanted(entry[0]) && entry[1] !== undefined));
}

async function readable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(() => true, () => false);
}
