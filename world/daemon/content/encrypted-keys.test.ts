/** A key that Linux 6.12 has encrypted, and what it decrypts to there. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { decryptKey } from './encrypted-keys.ts';

const data = path.join(import.meta.dirname, '../../../test/conformance/scenarios/data/integrity');
const only = (ending: string) => path.join(data, readdirSync(data).find((name) => name.endsWith(ending)) ?? '');
const blob = readFileSync(only('.blob'), 'latin1');
const master = Buffer.from('0123456789abcdef0123456789abcdef');

it('decrypts what the kernel has encrypted', () => {
  expect(decryptKey(blob, master)).toEqual(readFileSync(only('.plain')));
});

it('takes no other master key, no changed text and none that is cut', () => {
  expect(decryptKey(blob, Buffer.from('x'))).toBeUndefined();
  expect(decryptKey(blob.replace(' 64 ', ' 63 '), master)).toBeUndefined();
  expect(decryptKey(blob.replace('user:kmk', 'user:kml'), master)).toBeUndefined();
  expect(decryptKey(blob.trimEnd().slice(0, -2), master)).toBeUndefined();
  expect(decryptKey('', master)).toBeUndefined();
});
