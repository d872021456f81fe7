import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-privileges.ts';

interface Caller {
  /** `Max locked memory` in bytes, or `unlimited`. */
  readonly limit?: string;
  readonly here?: boolean;
  /** The modules refuse. */
  readonly refused?: boolean;
}

/** What a call asks: the capability and what its refusal means, or a hook. @param args numbers, or pieces of memory. */
function asked(
  name: string,
  args: readonly (number | Uint8Array)[] = [],
  { limit = '8388608', here = true, refused = false }: Caller = {},
): string[] {
  const found: string[] = [];
  let answered = false;
  const low = (index: number): number => {
    const given = args[index] ?? 0;
    return typeof given === 'number' ? given >>> 0 : 0x1000 + index;
  };
  const bytes = new Uint8Array(16);
  const context = {
    call: {
      tid: tidOf(7),
      low,
      high: () => 0,
      int: (index: number) => low(index) | 0,
      isNull: (index: number) => low(index) === 0,
      fail: () => {
        answered = true;
      },
      get answered() {
        return answered;
      },
    },
    memory: {
      bytes,
      readString: () => '/file',
      read: (_tid: number, address: number, _high: number, length: number) => {
        const piece = args[address - 0x1000];
        if (!(piece instanceof Uint8Array)) return -14;
        bytes.set(piece);
        return length;
      },
    },
    view: {
      isInOurUserNamespace: () => here,
      readStatus: () => 'VmSize:\t   20000 kB\nVmLck:\t    1000 kB\n',
      readFile: () =>
        `Limit                     Soft Limit           Hard Limit           Units\nMax locked memory         ${limit.padEnd(20)} unlimited            bytes\n`,
    },
    mediator: {
      families: new Set(['capabilities', 'files']),
      credentials: () => ({ capabilities: (1n << 41n) - 1n }),
      // It is asked about a file: the rest is that of open(2).
      isExempt: () => found.push('opens') > 0,
      known: { isOrdinary: () => true },
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        found.push(
          ...checks.map((check) =>
            check.hook === 'capable' ? `${check.about.capability} ${check.refusal}` : check.hook,
          ),
        );
        return refused ? 1 : 0;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  return found;
}

it.each([
  ['reboot', 22],
  ['settimeofday', 25],
  ['init_module', 16],
  ['delete_module', 16],
  ['vhangup', 26],
])('%s needs its capability, in the initial user namespace', (name, capability) => {
  expect(asked(name)).toEqual([`${capability} EPERM`]);
  expect(asked(name, [], { here: false })).toEqual([]);
});

it('what the kernel refuses before it looks at the capability asks nobody', () => {
  expect(asked('ioperm', [0, 0x3ff, 1])).toEqual(['17 EPERM']);
  for (const args of [
    [0, 0x3ff, 0],
    [0, 0, 1],
    [0xffff, 2, 1],
  ])
    expect(asked('ioperm', args)).toEqual([]);
  expect([0, 1, 3, 4].map((level) => asked('iopl', [level]).length)).toEqual([0, 1, 1, 0]);
  expect([0, 2, 7, 8, 4].map((flags) => asked('mlockall', [flags], { limit: '0' }).length)).toEqual([0, 1, 1, 0, 0]);
  expect(asked('mlock2', [0, 4096, 2], { limit: '0' })).toEqual([]);
  expect(asked('swapon', [1, 0x80000])).toEqual([]);
  expect(asked('clock_settime', [1, time(1, 0)])).toEqual([]);
  expect(asked('clock_settime', [0, time(1, 0)])).toEqual(['25 EPERM']);
  expect(asked('settimeofday', [time(1, 999_999)])).toEqual(['25 EPERM']);
  for (const unset of [8, time(-1, 0), time(1, -1), time(2 ** 34, 0)]) {
    expect(asked('clock_settime', [0, unset])).toEqual([]);
    expect(asked('settimeofday', [unset])).toEqual([]);
  }
  expect(asked('settimeofday', [time(1, 1_000_000)])).toEqual([]);
  expect(asked('settimeofday', [time(1, 0), 8])).toEqual([]);
});

it('memory is locked beyond the limit with the capability: EPERM where nothing may be locked, else ENOMEM', () => {
  expect(asked('mlock', [0, 4096], { limit: '0' })).toEqual(['14 EPERM']);
  expect(asked('mlock', [0, 4096])).toEqual([]);
  expect(asked('mlock', [0, 0x800000])).toEqual(['14 ENOMEM']);
  expect(asked('mlock', [0, 0x706000])).toEqual([]);
  expect(asked('mlock', [0, 0x706001])).toEqual(['14 ENOMEM']);
  expect(asked('mlock', [1, 0x706000])).toEqual(['14 ENOMEM']);
  expect(asked('mlock', [0, 0x800000], { limit: 'unlimited' })).toEqual([]);
  expect(asked('mlockall', [1])).toEqual(['14 ENOMEM']);
  expect(asked('mlockall', [2])).toEqual([]);
});

function time(seconds: number, fraction: number): Uint8Array {
  return new Uint8Array(BigInt64Array.of(BigInt(seconds), BigInt(fraction)).buffer);
}

it('times that are only read need nothing', () => {
  const adjtime = [1, 0x80] as const;
  expect(asked('adjtimex', [Uint8Array.of(...adjtime)])).toEqual(['25 EPERM']);
  expect(asked('adjtimex', [Uint8Array.of(adjtime[0], 0xa0)])).toEqual([]);
  expect(asked('adjtimex', [Uint8Array.of(adjtime[0], 0xa1)])).toEqual(['25 EPERM']);
  expect(asked('adjtimex', [Uint8Array.of(0, 0x80)])).toEqual([]);
  expect(asked('adjtimex', [Uint8Array.of(0, 0, 0, 0)])).toEqual([]);
  expect(asked('adjtimex', [Uint8Array.of(2, 0, 0, 0)])).toEqual(['25 EPERM']);
  expect(asked('clock_adjtime', [0, Uint8Array.of(2, 0, 0, 0)])).toEqual(['25 EPERM']);
  expect(asked('adjtimex', [8])).toEqual([]);
});

it('the file that the kernel opens for a call is asked about after the capability, unless that was refused', () => {
  expect(asked('swapon', [1, 0])).toEqual(['21 EPERM', 'opens']);
  expect(asked('swapoff', [1])).toEqual(['21 EPERM', 'opens']);
  expect(asked('acct', [1])).toEqual(['20 EPERM', 'opens']);
  expect(asked('acct', [0])).toEqual(['20 EPERM']);
  expect(asked('swapon', [1, 0], { refused: true })).toEqual(['21 EPERM']);
});
