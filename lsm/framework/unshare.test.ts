/** lsm_unshare(2): what the core checks before a module is asked. */
import { expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { eventToJson } from '../../vfs/recorder/events.ts';
import type { KernelProfile } from './config.ts';
import { type LogEntry, recordStack, replayLog } from './journal.ts';
import { readLogEntry } from './journal-entry.ts';
import type { ModuleDefinition } from './module.ts';
import { bootToys, callerOf, toy } from './testing/toy.ts';

const caller = callerOf(100);

/** Counts the namespaces that were made of it; `refuse` is refused. */
function namespaced(name: string, id: number): { readonly definition: ModuleDefinition; readonly made: string[] } {
  const made: string[] = [];
  const definition: ModuleDefinition = {
    ...toy(name, id),
    create: () => ({
      hooks: {
        unshare: (_task, value) => {
          const text = Buffer.from(value).toString('latin1');
          if (text === 'refuse') return E.EACCES;
          made.push(text);
          return undefined;
        },
      },
    }),
  };
  return { definition, made };
}

function booted(profile: KernelProfile = '2026') {
  const one = namespaced('one', 901);
  const two = namespaced('two', 902);
  const { stack } = bootToys([one.definition, two.definition, toy('three', 903)], { profile });
  return { stack, one, two };
}

function context(id: bigint, text = '', sizes: { length?: bigint; contextLength?: bigint } = {}): Buffer {
  const header = Buffer.alloc(32);
  header.writeBigUInt64LE(id, 0);
  header.writeBigUInt64LE(sizes.length ?? BigInt(32 + text.length), 16);
  header.writeBigUInt64LE(sizes.contextLength ?? BigInt(text.length), 24);
  return Buffer.concat([header, Buffer.from(text)]);
}

it.each<[string, Buffer | undefined, { size?: number; flags?: number }, unknown]>([
  ['a context without a value', context(901n), {}, 0],
  ['a context with one', context(901n, 'x'), {}, 0],
  ['padding', Buffer.concat([context(901n, 'x'), Buffer.alloc(7)]), {}, 0],
  ['flags', context(901n), { flags: 1 }, E.EINVAL],
  ['flags before a null pointer', undefined, { flags: 1 }, E.EINVAL],
  ['no bytes', undefined, { size: 0 }, E.EINVAL],
  ['a size below the header, before a null pointer', undefined, { size: 31 }, E.EINVAL],
  ['a size above a page, before a null pointer', undefined, { size: 4097 }, E.E2BIG],
  ['a null pointer', undefined, {}, E.EFAULT],
  ['what can be read in part only', context(901n), { size: 64 }, E.EFAULT],
  ['a length above the size', context(901n, 'x', { length: 34n }), {}, E.EINVAL],
  ['a length below the header', context(901n, '', { length: 31n }), {}, E.EINVAL],
  ['a length that overflows', context(901n, '', { contextLength: 2n ** 64n - 1n }), {}, E.EINVAL],
  ['two contexts', Buffer.concat([context(901n), context(902n)]), {}, E.EINVAL],
  ['the same one twice', Buffer.concat([context(901n), context(901n)]), {}, E.EINVAL],
  ['no such module', context(999n), {}, E.EOPNOTSUPP],
  ['an id of 33 bits', context(0x1_0000_0385n), {}, E.EOPNOTSUPP],
  ['no module', context(0n), {}, E.EOPNOTSUPP],
  ['a module without namespaces', context(903n), {}, E.EOPNOTSUPP],
  ["the module's verdict", context(901n, 'refuse'), {}, E.EACCES],
])('%s', (_name, ctx, input, expected) => {
  const { stack, one, two } = booted();
  const size = input.size ?? ctx?.length ?? 32;
  expect(stack.syscalls.unshare({ flags: 0, ...input, size, ...(ctx && { ctx }) }, caller)).toBe(expected);
  expect([one.made.length, two.made.length]).toEqual([expected === 0 ? 1 : 0, 0]);
});

it.each(['mainline', 'talk', '2018', '2025'] as const)('is no system call of %s', (profile) => {
  const { stack, one } = booted(profile);
  expect(stack.syscalls.hasUnshare).toBe(false);
  expect(stack.syscalls.unshare({ ctx: context(901n), size: 32, flags: 0 }, caller)).toBe(E.ENOSYS);
  expect(one.made).toEqual([]);
});

it('is done again by a replay', () => {
  const entries: LogEntry[] = [];
  const first = booted();
  recordStack(first.stack, (entry) => entries.push(readLogEntry(eventToJson(entry))));
  expect(first.stack.syscalls.unshare({ ctx: context(902n, 'x'), size: 33, flags: 0 }, caller)).toBe(0);
  const again = booted();
  replayLog(again.stack, entries);
  expect(again.two.made).toEqual(['x']);
});
