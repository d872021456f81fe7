/**
 * Certificates of keyrings, from files: DER as the kernel takes it, or PEM, which is made DER.
 */
import { readFileSync, statSync } from 'node:fs';
import { BLACKLIST, isBlacklistEntry, lacksRing } from '../../../linux/kernel-keyrings.ts';
import type { KernelBuild } from '../../../lsm/framework/config.ts';
import { parseCertificate } from '../../../lsm/framework/keys/certificate.ts';
import { WorldError } from '../../errors.ts';

/** More is no key of the kernel's. */
const LONGEST_KEY = 128;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/;

/**
 * @returns certificates in base64, and entries of `.blacklist` as they are, by names of keyrings.
 * @throws WorldError for a file that is none of a kind that can be used.
 */
export function readKeys(files: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  const read = ([name, paths]: [string, readonly string[]]): [string, readonly string[]] => [
    name,
    name === BLACKLIST ? paths.flatMap(readEntries) : paths.map(readKey),
  ];
  return Object.fromEntries(Object.entries(files).map(read));
}

/** @param options Kconfig options that the build has. @throws WorldError where it lacks a keyring that keys are given for. */
export function checkRings(
  files: Readonly<Record<string, unknown>>,
  build: Pick<KernelBuild, 'name' | 'options'>,
): void {
  const lacking = Object.keys(files).find((name) => lacksRing(name, build.options));
  if (lacking === undefined) return;
  throw new WorldError(
    'bad-option',
    `The kernel build '${build.name}' has no keyring ${lacking}.`,
    'Add --build=full.',
  );
}

/** As in the file of CONFIG_SYSTEM_BLACKLIST_HASH_LIST: in quotes or not, between commas or spaces. */
function readEntries(file: string): string[] {
  const entries = read(file)
    .toString('latin1')
    .split(/[\s,"]+/)
    .filter(Boolean);
  const wrong = entries.find((entry) => !isBlacklistEntry(entry));
  if (entries.length > 0 && wrong === undefined) return entries;
  const found = wrong === undefined ? 'is empty' : `has '${wrong.slice(0, 80)}'`;
  const how = `One is made by: sha256sum PROGRAM | sed 's/^/bin:/; s/ .*//' > ${file}`;
  throw new WorldError('bad-key', `${file} ${found}; digests in it begin with bin: or tbs:, in lower case.`, how);
}

/** @returns keys in base64, by their descriptions. @throws WorldError for a file that cannot be read or has no key. */
export function readEncryptedKeys(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, readEncryptedKey(file)]));
}

function readEncryptedKey(file: string): string {
  const bytes = read(file);
  if (bytes.length === 0 || bytes.length > LONGEST_KEY) {
    const how = `head -c 64 /dev/urandom > ${file}`;
    throw new WorldError('bad-key', `${file} has no key of 1 to ${LONGEST_KEY} bytes.`, `Make one: ${how}`);
  }
  return bytes.toString('base64');
}

function readKey(file: string): string {
  const bytes = read(file);
  const pem = PEM.exec(bytes.toString('latin1'))?.[1];
  const der = pem === undefined ? bytes : Buffer.from(pem, 'base64');
  if (parseCertificate(der) === undefined) {
    throw new WorldError(
      'bad-key',
      `${file} is not an X.509 certificate with an RSA or ECDSA key and a subject key identifier.`,
      `Make one: openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=me -keyout key.pem -outform DER -out certificate.der`,
    );
  }
  return der.toString('base64');
}

function read(file: string): Buffer {
  try {
    // A pipe would keep us waiting.
    const status = statSync(file);
    if (status.isFile()) return readFileSync(file);
    if (!status.isDirectory()) return Buffer.alloc(0);
    throw Object.assign(new Error(file), { code: 'EISDIR' });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-key', `The key ${file} cannot be read: ${reason}.`, 'Check the names of key files.');
  }
}
