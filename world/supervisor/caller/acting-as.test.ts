/** Rights of a caller are taken on for one thing, and given back whatever comes of it. */
import { describe, expect, it } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { HELPER_DATA_SIZE } from '../../../host/process/helper/helper.ts';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import { NGROUPS_MAX } from '../../../linux/process.ts';
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
  it('are taken on by a helper for one call', () => {
    const memory = new Uint8Array(200);
    const { thread, as } = acting();
    const call = [NR.getppid];
    const calls = as.prepare(CALLER, call, memory, 1000);
    const numbers = [NR.setgroups, NR.setfsgid, NR.setfsuid, NR.capset];
    expect(calls.map(([number]) => number)).toEqual([
      ...numbers,
      NR.getppid,
      NR.capset,
      ...numbers.slice(0, 3).reverse(),
      NR.capset,
    ]);
    expect(calls[0]?.slice(1)).toEqual([2, 1000]);
    expect([...new Uint32Array(memory.buffer, 0, 2)]).toEqual(CALLER.groups);
    const [, header = 0, data = 0] = calls[3] ?? [];
    expect(Number(data) - Number(header)).toBe(8);
    expect(memory[Number(data) - 1000]).toBe(3); // effective
    expect(thread.log).toEqual([]);
    expect(as.prepare({ ...CALLER, fsuid: 0, capabilities: 0xffffffffn }, call, memory, 0)).toEqual([call]);
  });

  it('have room in a helper, however many groups he has', () => {
    const groups = Array.from({ length: NGROUPS_MAX }, (_, index) => 100_000 + index);
    const memory = new Uint8Array(HELPER_DATA_SIZE - 256);
    const calls = acting().as.prepare({ ...CALLER, groups }, [NR.getppid], memory, 0);
    expect(calls[0]).toEqual([NR.setgroups, NGROUPS_MAX, 0]);
    expect([...new Uint32Array(memory.buffer, 0, NGROUPS_MAX)]).toEqual(groups);
  });

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
