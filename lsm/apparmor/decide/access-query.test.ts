import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../../linux/bytes.ts';
import { E, Errno } from '../../../linux/errno.ts';
import { labelOf, loadInto, namespace, policyWith, profile } from '../policy/testing/policies.ts';
import { W } from '../policy/testing/serialise.ts';
import { accessQuery } from './access-query.ts';

const dataOf = (...pairs: readonly (readonly [string, Uint8Array])[]) =>
  Buffer.concat([
    W.name('data'),
    W.struct,
    ...pairs.flatMap(([key, value]) => [W.string(key), W.blob(value)]),
    W.structEnd,
  ]);

const policy = policyWith(
  { name: 'a', end: [dataOf(['k', Uint8Array.of(1, 2)], ['big', new Uint8Array(4069)])] },
  { name: 'b', file: { '/f': 0x4 }, end: [dataOf(['k', Uint8Array.of(3)], ['full', new Uint8Array(4068)])] },
  { name: 'free', mode: 3, end: [dataOf(['k', Uint8Array.of(4)])] },
);
const n = namespace(policy, policy.root, 'n');
loadInto(policy, n, 'q');
const unconfined = policy.unconfined;
const at = (name: string, ns = policy.root) => profile(ns, name);
for (const other of [at('a'), at('q', n)]) labelOf(at('b'), other).enlist();
const ask = (command: string, fsuid = 0) => {
  const answer = accessQuery(bytesOf(command), { label: unconfined, fsuid });
  return answer instanceof Errno ? answer : Buffer.from(answer);
};

describe('data', () => {
  it('is given for all confined profiles of the label', () => {
    expect(ask('data\0a\0k\0')).toEqual(Buffer.from('0a0000000100000002000000' + '0102', 'hex'));
    expect(ask('data\0b//&a\0k\0')).toEqual(Buffer.from('0f00000002000000020000000102' + '0100000003', 'hex'));
    expect(ask('data\0free\0k\0')).toEqual(Buffer.from('0400000000000000', 'hex'));
    expect(ask('data\0a\0none\0')).toEqual(Buffer.from('0400000000000000', 'hex'));
  });

  it('must fit into a page', () => {
    expect(ask('data\0b\0full\0')).toHaveLength(4080);
    expect(ask('data\0a\0big\0')).toBe(E.EINVAL);
  });
});

describe('permissions', () => {
  it('are of the profiles in the namespace of the label, or of all', () => {
    const stack = 'b//&:n:q';
    expect(String(ask(`label\0${stack}\0\x02/f`))).toContain('allow 0x00000000');
    expect(String(ask('labelall\0b\0\x02/f'))).toContain('allow 0x00000244');
    expect(String(ask(`labelall\0${stack}\0\x02/f`))).toContain('allow 0x00000000');
    expect(String(ask('label\0free\0\x02/f'))).toContain('allow 0xffffffff');
  });

  it('depend on who asks', () => {
    expect(String(ask('profile\0b\0\x02/f', 1000))).toContain('allow 0x00000200');
  });

  it('need a label that somebody made', () => {
    expect(ask('label\0a//&free\0\x02/f')).toBe(E.ENOENT);
  });

  it('are answered or refused, whatever is asked', () => {
    const verb = fc.constantFrom('label\0', 'labelall\0', 'profile\0', 'data\0', '');
    const rest = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(verb, fc.constantFrom('', 'a\0', 'b\0', ':n:q\0'), rest, (command, label, text) => {
        const answer = ask(command + label + text);
        if (answer instanceof Errno) expect([E.EINVAL, E.ENOENT]).toContain(answer);
        else expect(answer.length).toBeLessThanOrEqual(4080);
      }),
    );
  });
});
