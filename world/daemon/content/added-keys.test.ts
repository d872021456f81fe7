import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { KEY_SPEC } from '../../../linux/keyctl.ts';
import { FIRST_SERIAL } from '../../../lsm/framework/keys/key.ts';
import { bootToys, callerOf, toy } from '../../../lsm/framework/testing/toy.ts';
import { addKey } from './added-keys.ts';

const DER = readFileSync(new URL('../../../test/conformance/scenarios/data/integrity/other.der', import.meta.url));

/** `/CN=same`, signed by another key of `/CN=same`, as its authority key identifier says. */
const LEAF = Buffer.from(
  [
    'MIIBYzCCAQigAwIBAgIUTANEWJg1CIe1ErETBnOhEQy55SswCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEc2FtZTAeFw0yNjExMjkwMDQwNDRaFw',
    '0yNjEyMjkwMDQwNDRaMA8xDTALBgNVBAMMBHNhbWUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAT+UXza57QUdj0XuUpsy+A2YOToTtGiWPgK',
    'lDrnTy8BXpkjD9wsysYXU0kXZYcBDNBevICJrRZgVvf1kEkdUJ36o0IwQDAdBgNVHQ4EFgQUuvcgwMHfZ1fWCShAeotBKySmxAEwHwYDVR0jBB',
    'gwFoAUQzB9qa47wStCuem0nChLGMK5fI4wCgYIKoZIzj0EAwIDSQAwRgIhAMSlNlt+fZK88yim0KrQugk3i5QxWLIb+TJyaYppWLf0AiEA1TO2',
    '5YqC46N/qp9CDB679VrIP8rtsLAu9Li19RGMsbM=',
  ].join(''),
  'base64',
);

function world() {
  const told: string[] = [];
  const { stack, facts } = bootToys([
    {
      ...toy('toy', 901),
      create: (host) => {
        host.keyring('_toy');
        return { hooks: { keyPostCreateOrUpdate: (_task, { ring, type }) => void told.push(`${type} in ${ring}`) } };
      },
    },
  ]);
  const caller = callerOf(100);
  facts.add(caller.tid);
  const add = (type: string, description: string, payload: Uint8Array, ring: number) =>
    addKey(stack, { type, description, payload, ring }, caller);
  return { add, told, stack, caller };
}

describe('add_key', () => {
  it("leaves the host's keyrings to the host, and tells of certificates for the caller's own", () => {
    const { add, told } = world();
    expect(add('keyring', 'mine', new Uint8Array(0), KEY_SPEC.USER)).toBeUndefined();
    expect(add('asymmetric', 'junk', Buffer.from('junk'), KEY_SPEC.USER)).toBeUndefined();
    expect(add('asymmetric', 'key', DER, KEY_SPEC.SESSION)).toBeUndefined();
    expect(add('asymmetric', 'key', DER, 4711)).toBeUndefined();
    expect(told).toEqual([]);
    expect(add('asymmetric', 'key', DER, KEY_SPEC.USER)).toBeUndefined();
    expect(told).toEqual(['asymmetric in _uid.0']);
  });

  it('describes certificates that nobody has described', () => {
    const { add, told, stack, caller } = world();
    const ring = add('keyring', '_toy', new Uint8Array(0), KEY_SPEC.USER) as number;
    expect(ring).toBeGreaterThanOrEqual(FIRST_SERIAL);
    const key = add('asymmetric', '', DER, ring) as number;
    const described = Buffer.from(stack.keys.ask({ ask: 'describe', serial: key }, caller) as Uint8Array).toString();
    expect(described).toMatch(/^asymmetric;0;0;39010000;lsmfs oracle other key: [0-9a-f]{32}796905f5\0$/);
    expect(told).toEqual(['asymmetric in _toy']);
  });

  it('takes certificates whose issuer is another of the same name', () => {
    const { add, told } = world();
    expect(add('asymmetric', 'key', LEAF, KEY_SPEC.USER)).toBeUndefined();
    const ring = add('keyring', '_toy', new Uint8Array(0), KEY_SPEC.USER) as number;
    expect(add('asymmetric', 'key', LEAF, ring)).toBeGreaterThan(ring);
    expect(told).toEqual(['asymmetric in _uid.0', 'asymmetric in _toy']);
  });

  it('refuses what the kernel cannot read, or what is not signed as it says', () => {
    const { add, told } = world();
    const ring = add('keyring', '_toy', new Uint8Array(0), KEY_SPEC.USER) as number;
    expect(add('asymmetric', 'junk', Buffer.from('junk'), ring)).toBe(E.EBADMSG);
    expect(add('user', '', Buffer.from('text'), ring)).toBe(E.EINVAL);
    expect(add('user', 'empty', new Uint8Array(0), ring)).toBe(E.EINVAL);
    expect(add('logon', 'a:b', Buffer.from('text'), ring)).toBe(E.EOPNOTSUPP);
    expect(add('keyring', 'inner', new Uint8Array(0), ring)).toBe(E.EPERM);
    expect(add('user', 'key', Buffer.from('text'), ring + 1)).toBe(E.ENOKEY);
    expect(told).toEqual([]);
  });
});
