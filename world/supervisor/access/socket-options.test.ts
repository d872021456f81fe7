import { expect, it } from 'vitest';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedSocket } from '../../../lsm/framework/access/socket-access.ts';
import type { WorkerContext } from '../context.ts';
import { optionCapabilities } from './socket-options.ts';

const [RAW, ADMIN] = [1n << 13n, 1n << 12n];
const TCP: AccessedSocket = { family: 2, type: 1, protocol: 6, ino: 1 };
const [SOL_SOCKET, SOL_IP, SOL_IPV6, SOL_TCP, SOL_NETLINK] = [1, 0, 41, 6, 270];

interface Caller {
  readonly socket?: Partial<AccessedSocket>;
  readonly held?: bigint;
  readonly inOurUserNamespace?: boolean;
}

/** Capabilities that are asked about, with what a refusal means. @param value a number, text, or bytes. */
function asked(
  level: number,
  option: number,
  value: number | string | Uint8Array,
  { socket = {}, held = -1n, inOurUserNamespace = true }: Caller = {},
): string[] {
  const bytes = new Uint8Array(4096);
  const number = (its: number): Uint8Array => new Uint8Array(Int32Array.of(its).buffer);
  const given = typeof value === 'number' ? number(value) : Buffer.from(value as string, 'latin1');
  const words = [3, level, option, 0x1000, given.length];
  const context = {
    call: { tid: 7, low: (at: number) => words[at], high: () => 0, int: (at: number) => words[at] },
    memory: {
      bytes,
      read: (_tid: number, _low: number, _high: number, size: number) => {
        bytes.set(given.subarray(0, size));
        return Math.min(size, given.length);
      },
    },
    view: {
      isInOurUserNamespace: () => inOurUserNamespace,
      status: () => ({ effectiveCapabilities: held }),
      readFile: (_at: number, path: string) => (path.includes('allowed') ? 'reno cubic\n' : 'reno cubic bbr\n'),
    },
    mediator: { credentials: () => ({ capabilities: inOurUserNamespace ? held : 0n }) },
  };
  const told = (check: AccessCheck): string => {
    const { capability, inner = false } = check.about as { capability: number; inner?: boolean };
    const otherwise = check.otherwise?.map(told).join() ?? '';
    return `${capability}${inner ? ' inner' : ''} ${check.refusal}${otherwise && ` or ${otherwise}`}`;
  };
  return optionCapabilities(context as unknown as WorkerContext, { ...TCP, ...socket }).map(told);
}

it('marks, high priorities and transparent sockets need one of two capabilities', () => {
  const either = ['13 EPERM or 12 EPERM'];
  for (const [level, option, value] of [
    [SOL_SOCKET, 36, 0],
    [SOL_SOCKET, 12, 7],
    [SOL_SOCKET, 12, -1],
    [SOL_IP, 19, 1],
  ] as const)
    expect(asked(level, option, value)).toEqual(either);
  expect(asked(SOL_SOCKET, 36, 1, { held: RAW })).toEqual(['13 EPERM']);
  expect(asked(SOL_SOCKET, 36, 1, { held: ADMIN })).toEqual(['12 EPERM']);
  expect(asked(SOL_SOCKET, 36, 1, { held: 0n })).toEqual([]);
  expect(asked(SOL_SOCKET, 36, 1, { inOurUserNamespace: false })).toEqual(['13 inner EPERM or 12 inner EPERM']);
  expect(asked(SOL_SOCKET, 36, 'ab')).toEqual([]);
  expect([...asked(SOL_SOCKET, 12, 0), ...asked(SOL_SOCKET, 12, 6)]).toEqual([]);
  expect([asked(SOL_IP, 19, 'x'), asked(SOL_IP, 19, '\0'), asked(SOL_IP, 19, '')]).toEqual([either, [], []]);
  const six = { socket: { family: 10 } };
  expect([asked(SOL_IPV6, 75, 1, six), asked(SOL_IPV6, 75, 'x', six), asked(SOL_IPV6, 75, 1)]).toEqual([
    either,
    [],
    [],
  ]);
});

it('what concerns the machine needs net_admin in the initial user namespace', () => {
  const outside = { inOurUserNamespace: false };
  expect([asked(SOL_SOCKET, 1, 1), asked(SOL_SOCKET, 1, 0), asked(SOL_SOCKET, 1, 1, outside)]).toEqual([
    ['12 EACCES'],
    [],
    [],
  ]);
  for (const option of [32, 33, 69, 70]) {
    expect(asked(SOL_SOCKET, option, 1)).toEqual(['12 EPERM']);
    expect(asked(SOL_SOCKET, option, 1, outside)).toEqual([]);
  }
  expect([...asked(SOL_SOCKET, 69, 0), ...asked(SOL_SOCKET, 70, -1)]).toEqual([]);
});

it('times of sending are free by the monotonic clock', () => {
  const time = (clock: number, flags: number) =>
    asked(SOL_SOCKET, 61, new Uint8Array(Int32Array.of(clock, flags).buffer));
  expect([time(1, 1), time(11, 1), time(11, 4), asked(SOL_SOCKET, 61, 1)]).toEqual([[], ['12 EPERM'], [], []]);
});

it('for a congestion control that everybody may use, the capability is asked about and not needed', () => {
  const control = (name: string, caller?: Caller) => asked(SOL_TCP, 13, name, caller);
  expect([control('reno'), control('bbr')]).toEqual([['12 ignored'], ['12 EPERM']]);
  expect(control('nonesuch')).toEqual(['12 ignored', '12 ENOENT']);
  expect([control(''), control('reno', { socket: { type: 2, protocol: 17 } })]).toEqual([[], []]);
  expect([asked(SOL_TCP, 19, 0), asked(SOL_TCP, 19, 'x')]).toEqual([['12 EPERM'], []]);
});

it('groups of some netlink protocols are for everybody', () => {
  const netlink = (option: number, protocol: number) =>
    asked(SOL_NETLINK, option, 1, { socket: { family: 16, type: 3, protocol } });
  expect([netlink(1, 0), netlink(1, 6), netlink(2, 12), netlink(8, 0)]).toEqual([
    [],
    ['12 EPERM'],
    ['12 EPERM'],
    ['11 EPERM'],
  ]);
  expect(asked(SOL_NETLINK, 8, 1)).toEqual([]);
});
