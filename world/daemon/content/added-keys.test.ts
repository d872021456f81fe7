import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { KEY_SPEC } from '../../../linux/keyctl.ts';
import { FIRST_SERIAL } from '../../../lsm/framework/keys/key.ts';
import { bootToys, callerOf, toy } from '../../../lsm/framework/testing/toy.ts';
import { addKey } from './added-keys.ts';

const DER = readFileSync(new URL('../../../test/conformance/scenarios/data/integrity/other.der', import.meta.url));

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
