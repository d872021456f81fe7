import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { E } from '../../../linux/errno.ts';
import { KEY_SPEC } from '../../../linux/keyctl.ts';
import { FIRST_SERIAL } from '../../../lsm/framework/keys/key.ts';
import { createWorld } from '../../../lsm/library/index.ts';
import { addKey } from './added-keys.ts';

const DER = readFileSync(new URL('../../../test/conformance/scenarios/data/integrity/other.der', import.meta.url));
const LIST = '/sys/kernel/security/ima/ascii_runtime_measurements';

function world() {
  const made = createWorld({ lsm: '' });
  const { stack, fs } = made;
  const { caller } = made.spawn();
  fs.writeFileSync('/sys/kernel/security/ima/policy', 'measure func=KEY_CHECK keyrings=_ima|_uid.0\n');
  const add = (type: string, description: string, payload: Uint8Array, ring: number) =>
    addKey(stack, { type, description, payload, ring }, caller);
  const measured = () =>
    fs
      .readFileSync(LIST, 'utf8')
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(' ')[4]);
  return { add, measured, stack, caller };
}

describe('add_key', () => {
  it("leaves the host's keyrings to the host, and tells of certificates for the caller's own", () => {
    const { add, measured } = world();
    expect(add('keyring', 'mine', new Uint8Array(0), KEY_SPEC.USER)).toBeUndefined();
    expect(add('asymmetric', 'junk', Buffer.from('junk'), KEY_SPEC.USER)).toBeUndefined();
    expect(add('asymmetric', 'key', DER, KEY_SPEC.SESSION)).toBeUndefined();
    expect(add('asymmetric', 'key', DER, 4711)).toBeUndefined();
    expect(measured()).toEqual([]);
    expect(add('asymmetric', 'key', DER, KEY_SPEC.USER)).toBeUndefined();
    expect(measured()).toEqual(['_uid.0']);
  });

  it('describes certificates that nobody has described', () => {
    const { add, measured, stack, caller } = world();
    const ring = add('keyring', '_ima', new Uint8Array(0), KEY_SPEC.USER) as number;
    expect(ring).toBeGreaterThanOrEqual(FIRST_SERIAL);
    const key = add('asymmetric', '', DER, ring) as number;
    const told = Buffer.from(stack.keys.ask({ ask: 'describe', serial: key }, caller) as Uint8Array).toString();
    expect(told).toMatch(/^asymmetric;0;0;39010000;lsmfs oracle other key: [0-9a-f]{32}796905f5\0$/);
    expect(measured()).toEqual(['_ima']);
  });

  it('refuses what the kernel cannot read, or what is not signed as it says', () => {
    const { add, measured } = world();
    const ring = add('keyring', '_ima', new Uint8Array(0), KEY_SPEC.USER) as number;
    expect(add('asymmetric', 'junk', Buffer.from('junk'), ring)).toBe(E.EBADMSG);
    expect(add('user', '', Buffer.from('text'), ring)).toBe(E.EINVAL);
    expect(add('user', 'empty', new Uint8Array(0), ring)).toBe(E.EINVAL);
    expect(add('logon', 'a:b', Buffer.from('text'), ring)).toBe(E.EOPNOTSUPP);
    expect(add('keyring', 'inner', new Uint8Array(0), ring)).toBe(E.EPERM);
    expect(add('user', 'key', Buffer.from('text'), ring + 1)).toBe(E.ENOKEY);
    expect(measured()).toEqual([]);
  });
});
