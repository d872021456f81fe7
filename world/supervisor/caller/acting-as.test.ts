/** Rights of a caller are taken on for one thing, and given back whatever comes of it. */
import { describe, expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import { ActingAs, credentialsOf } from './acting-as.ts';
import { parseStatus } from './process-status.ts';
import { ImaginedThread } from './testing/imagined-files.ts';
import { statusText } from './testing/imagined-view.ts';

const TAKEN = ['groups 7,8', 'fsgid 100', 'fsuid 1000', 'effective 3'];
const GIVEN_BACK = ['effective ffffffff', 'fsuid 0', 'fsgid 0', 'groups ', 'effective ffffffff'];
const CALLER = { fsuid: 1000, fsgid: 100, groups: [7, 8], capabilities: 3n };

function acting() {
  const thread = new ImaginedThread();
  return { thread, as: new ActingAs(parseStatus(statusText()), thread) };
}

describe('the rights of a caller', () => {
  it('are had while something is done, whose result is told', () => {
    const { thread, as } = acting();
    let during: string[] = [];
    const act = (): number => {
      during = [...thread.log];
      return -13;
    };
    expect(as.run(CALLER, act)).toBe(-13);
    expect(during).toEqual(TAKEN);
    expect(thread.log).toEqual([...TAKEN, ...GIVEN_BACK]);
  });

  it('are given back when it throws', () => {
    const { thread, as } = acting();
    const fails = (): number => {
      throw new RangeError('in between');
    };
    expect(() => as.run(CALLER, fails)).toThrow('in between');
    expect(thread.log).toEqual([...TAKEN, ...GIVEN_BACK]);
  });

  it('are not taken on by who has them, but where one capability is lacking', () => {
    const { thread, as } = acting();
    expect(as.run({ ...CALLER, fsuid: 0, capabilities: 0xffffffffn }, () => 5)).toBe(5);
    expect(thread.log).toEqual([]);
    as.run({ ...CALLER, fsuid: 0, capabilities: 0xfffffffen }, () => 5);
    expect(thread.log).toContain('effective fffffffe');
  });

  it('never are more than ours', () => {
    const { thread, as } = acting();
    as.run({ ...CALLER, capabilities: 0x1_0000_0001n }, () => 0);
    expect(thread.log[3]).toBe('effective 1');
  });

  it('of an owner leave us our own', () => {
    const { thread, as } = acting();
    as.asUser(1000, () => 0);
    expect(thread.log.slice(0, 4)).toEqual(['groups ', 'fsgid 0', 'fsuid 1000', 'effective ffffffff']);
    expect(thread.log.slice(4)).toEqual(GIVEN_BACK);
  });
});

describe('capabilities of a caller', () => {
  const capabilities = (isOurs: boolean, map: string | undefined) =>
    credentialsOf(
      {
        status: () => parseStatus(statusText({ uid: 1000 })),
        readFile: () => map,
        isInOurUserNamespace: () => isOurs,
      },
      tidOf(100),
    )?.capabilities;
  const overrides = BigInt((1 << CAP.DAC_OVERRIDE) | (1 << CAP.DAC_READ_SEARCH));

  it('count in our user namespace, and for files in one that maps every id to itself', () => {
    expect(capabilities(true, undefined)).toBe(0xffffffffn);
    expect(capabilities(false, '         0          0 4294967295\n')).toBe(overrides);
    expect(capabilities(false, '         0       1000          1\n')).toBe(0n);
    expect(capabilities(false, undefined)).toBe(0n);
  });

  it('are nobody’s when it is gone', () => {
    const view = { status: () => undefined, readFile: () => undefined, isInOurUserNamespace: () => false };
    expect(credentialsOf(view, tidOf(100))).toBeUndefined();
  });
});
