import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import { IORING_SETUP_SQPOLL } from '../../../linux/io-uring.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-kernel-objects.ts';

const ALL = (1n << 41n) - 1n;
const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** Files of the host: by default nothing is restricted. */
const FREE: Readonly<Record<string, string>> = {
  '/proc/sys/vm/unprivileged_userfaultfd': '1\n',
  '/proc/sys/kernel/io_uring_disabled': '0\n',
  '/proc/sys/kernel/unprivileged_bpf_disabled': '0\n',
  '/sys/module/secretmem/parameters/enable': 'Y\n',
};

/** What a call asks. A piece of memory is an argument. */
function asked(name: string, args: readonly (number | Uint8Array)[], files = {}, capabilities = ALL): AccessCheck[] {
  const found: AccessCheck[] = [];
  const all: Readonly<Record<string, string>> = { ...FREE, ...files };
  const low = (index: number): number => {
    const given = args[index] ?? 0;
    return typeof given === 'number' ? given >>> 0 : 0x1000 + index;
  };
  const memory = {
    bytes: new Uint8Array(256),
    read: (_tid: number, address: number, _high: number, size: number) => {
      const piece = args[address - 0x1000];
      if (!(piece instanceof Uint8Array)) return -14;
      memory.bytes.set(piece.subarray(0, size));
      return Math.min(size, piece.length);
    },
  };
  const context = {
    call: { tid: tidOf(7), low, int: low, high: () => 0, fail: () => undefined },
    memory,
    view: {
      readFile: (_at: number, path: string) => all[path],
      credentials: () => ({ capabilities }),
    },
    mediator: {
      credentials: () => ({ capabilities }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        found.push(...checks);
        return 0;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  return found;
}

const hooks = (...call: Parameters<typeof asked>): string[] => asked(...call).map(({ hook }) => hook);

it('userfaultfd(2): the capability where it is needed, then the inode', () => {
  const restricted = { '/proc/sys/vm/unprivileged_userfaultfd': '0\n' };
  expect(hooks('userfaultfd', [0])).toEqual(['inodeInitSecurityAnon']);
  expect(asked('userfaultfd', [0], restricted)).toEqual([
    { hook: 'capable', about: { capability: CAP.SYS_PTRACE }, refusal: 'EPERM' },
    { hook: 'inodeInitSecurityAnon', about: { kind: '[userfaultfd]' } },
  ]);
  expect(hooks('userfaultfd', [1], restricted, 0n)).toEqual(['inodeInitSecurityAnon']);
  expect(hooks('userfaultfd', [0], restricted, 0n)).toEqual([]);
  expect(hooks('userfaultfd', [2])).toEqual([]); // EINVAL
  expect(hooks('userfaultfd', [2], restricted)).toEqual(['capable']);
});

it('memfd_secret(2), where the kernel has it', () => {
  expect(asked('memfd_secret', [0])).toEqual([{ hook: 'inodeInitSecurityAnon', about: { kind: '[secretmem]' } }]);
  expect(hooks('memfd_secret', [1])).toEqual([]);
  expect(hooks('memfd_secret', [0], { '/sys/module/secretmem/parameters/enable': 'N\n' })).toEqual([]);
});

it('io_uring_setup(2): the thread of the kernel before the inode', () => {
  const parameters = (flags: number) => words(0, 0, flags, ...Array<number>(27).fill(0));
  expect(hooks('io_uring_setup', [4, parameters(0)])).toEqual(['inodeInitSecurityAnon']);
  expect(hooks('io_uring_setup', [4, parameters(IORING_SETUP_SQPOLL)])).toEqual([
    'uringSqpoll',
    'inodeInitSecurityAnon',
  ]);
  expect(hooks('io_uring_setup', [0, parameters(0)])).toEqual([]); // EINVAL
  expect(hooks('io_uring_setup', [4, 8])).toEqual([]); // EFAULT
  const disabled = (value: number) => ({ '/proc/sys/kernel/io_uring_disabled': `${value}\n` });
  expect(hooks('io_uring_setup', [4, parameters(0)], disabled(1))).toEqual(['capable', 'inodeInitSecurityAnon']);
  expect(hooks('io_uring_setup', [4, parameters(0)], disabled(1), 0n)).toEqual([]);
  expect(hooks('io_uring_setup', [4, parameters(0)], disabled(2))).toEqual([]);
});

it('bpf(2): what is made, the capability, the descriptor', () => {
  const attributes = (...values: readonly number[]) => words(...values, ...Array<number>(30 - values.length).fill(0));
  const restricted = { '/proc/sys/kernel/unprivileged_bpf_disabled': '2\n' };
  const map = (flags: number) => [0, attributes(2, 4, 8, 16, flags), 120] as const;
  expect(hooks('bpf', map(0))).toEqual(['bpf', 'bpfMap']);
  expect(hooks('bpf', map(0), restricted)).toEqual(['bpf', 'capable', 'bpfMap']);
  expect(hooks('bpf', map(0), restricted, 0n)).toEqual(['bpf']);
  expect(asked('bpf', map(1 << 3)).at(-1)).toEqual({ hook: 'bpfMap', about: { read: true, write: false } });
  expect(hooks('bpf', map((1 << 3) | (1 << 4)))).toEqual(['bpf']); // EINVAL
  const program = (type: number) => [5, attributes(type, 2), 120] as const;
  expect(asked('bpf', program(1))[1]).toEqual({
    hook: 'capable',
    about: { capability: CAP.BPF, otherwise: CAP.SYS_ADMIN },
    refusal: 'ignored',
  });
  expect(asked('bpf', program(2))[1]).toMatchObject({ refusal: 'EPERM' });
  expect(asked('bpf', program(1), restricted)[1]).toMatchObject({ refusal: 'EPERM' });
  expect(hooks('bpf', program(1), {}, 0n)).toEqual(['bpf', 'bpfProg']);
  expect(hooks('bpf', program(2), {}, 0n)).toEqual(['bpf']);
  expect(hooks('bpf', [5, attributes(1), 0])).toEqual([]);
});
