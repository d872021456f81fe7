import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E, type Errno, failed } from '../../linux/errno.ts';
import type { ModuleDefinition } from './module.ts';
import type { GetSelfAttrInput, ListModulesInput } from './syscalls.ts';
import { bootToys, callerOf, toy } from './testing/toy.ts';

const CURRENT = 100;
const EXEC = 101;
const caller = callerOf(100);

/** A module with one fixed answer for `current`. */
function fixed(name: string, id: number, context: string | Errno): ModuleDefinition {
  const value = failed(context) ? context : Buffer.from(context, 'latin1');
  const definition = toy(name, id);
  return {
    ...definition,
    create: () => ({ hooks: { getselfattr: (_task, attr) => (attr === CURRENT ? value : E.EOPNOTSUPP) } }),
  };
}

const silent = (name: string, id: number): ModuleDefinition => ({ ...toy(name, id), create: () => ({ hooks: {} }) });

function header(id: bigint, length = 0n, contextLength = 0n): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, id, true);
  view.setBigUint64(16, length, true);
  view.setBigUint64(24, contextLength, true);
  return bytes;
}

/** What the kernel stored, entry by entry. */
function entries(data: Uint8Array | undefined) {
  const found = [];
  const bytes = Buffer.from(data ?? []);
  for (let at = 0; at < bytes.length; at += Number(bytes.readBigUInt64LE(at + 16))) {
    const length = Number(bytes.readBigUInt64LE(at + 24));
    found.push({
      id: Number(bytes.readBigUInt64LE(at)),
      flags: Number(bytes.readBigUInt64LE(at + 8)),
      len: Number(bytes.readBigUInt64LE(at + 16)),
      ctx: bytes.subarray(at + 32, at + 32 + length).toString('latin1'),
    });
  }
  return found;
}

describe('lsm_list_modules', () => {
  // as recorded of a Debian kernel
  const ids = [108, 100, 110, 105, 101, 109, 111, 112];
  const { stack } = bootToys(ids.map((id) => silent(`m${id}`, id)));
  const list = (input: Partial<ListModulesInput>) =>
    stack.syscalls.listModules({ idsPresent: true, size: 256, flags: 0, ...input });

  it('stores the ids in registration order and their size', () => {
    const { data, ...rest } = list({});
    expect(rest).toEqual({ result: 8, size: 64 });
    expect([...new BigUint64Array(Uint8Array.from(data ?? []).buffer)]).toEqual(ids.map(BigInt));
  });

  it.each<[Partial<ListModulesInput>, unknown]>([
    [{ size: 64 }, { result: 8, size: 64 }],
    [{ size: 63 }, { result: E.E2BIG, size: 64 }],
    [{ size: 0 }, { result: E.E2BIG, size: 64 }],
    [
      { size: 0, idsPresent: false },
      { result: E.E2BIG, size: 64 },
    ],
    [{ idsPresent: false }, { result: E.EFAULT, size: 64 }],
    [{ size: 'fault' }, { result: E.EFAULT }],
    [{ size: 'fault', flags: 1 }, { result: E.EINVAL }],
    [{ flags: 1 }, { result: E.EINVAL }],
  ])('%o', (input, expected) => {
    const { data: _data, ...rest } = list(input);
    expect(rest).toEqual(expected);
  });
});

describe('lsm_get_self_attr', () => {
  const one = fixed('one', 101, 'kernel\0');
  const two = fixed('two', 104, 'unconfined');
  const get = (definitions: readonly ModuleDefinition[], input: Partial<GetSelfAttrInput>) => {
    const { stack } = bootToys(definitions);
    return stack.syscalls.getSelfAttr({ attr: CURRENT, ctxPresent: true, size: 4096, flags: 0, ...input }, caller);
  };

  it('pads entries to 8 bytes and does not count padding in ctx_len', () => {
    const answer = get([one, two], {});
    expect(answer).toMatchObject({ result: 2, size: 88 });
    expect(entries(answer.data)).toEqual([
      { id: 101, flags: 0, len: 40, ctx: 'kernel\0' },
      { id: 104, flags: 0, len: 48, ctx: 'unconfined' },
    ]);
  });

  it('counts an empty context', () => {
    const answer = get([fixed('one', 101, '')], {});
    expect(answer).toMatchObject({ result: 1, size: 32 });
    expect(entries(answer.data)).toEqual([{ id: 101, flags: 0, len: 32, ctx: '' }]);
  });

  it.each<[string, Partial<GetSelfAttrInput>, unknown]>([
    ['attribute 0', { attr: 0 }, { result: E.EINVAL }],
    ['attribute 0 before a bad size', { attr: 0, size: 'fault' }, { result: E.EINVAL }],
    ['size null', { size: 'null' }, { result: E.EINVAL }],
    ['size unreadable, before flags', { size: 'fault', flags: 2 }, { result: E.EFAULT }],
    ['unknown flags', { flags: 2 }, { result: E.EINVAL }],
    ['unknown flags with SINGLE', { flags: 3 }, { result: E.EINVAL }],
    ['SINGLE without buffer', { flags: 1, ctxPresent: false }, { result: E.EINVAL }],
    ['SINGLE with unreadable buffer', { flags: 1 }, { result: E.EFAULT }],
    ['SINGLE with id 0', { flags: 1, header: header(0n) }, { result: E.EINVAL }],
    ['SINGLE with an absent module', { flags: 1, header: header(102n) }, { result: E.EOPNOTSUPP, size: 0 }],
    ['SINGLE with a huge id', { flags: 1, header: header(2n ** 64n - 1n) }, { result: E.EOPNOTSUPP, size: 0 }],
    [
      'SINGLE with an id that is 101 modulo 2^32',
      { flags: 1, header: header(2n ** 32n + 101n) },
      { result: E.EOPNOTSUPP, size: 0 },
    ],
    ['unknown attribute', { attr: 200 }, { result: E.EOPNOTSUPP, size: 0 }],
    ['too small', { size: 8 }, { result: E.E2BIG, size: 88 }],
    ['size 0', { size: 0 }, { result: E.E2BIG, size: 88 }],
    ['no buffer', { ctxPresent: false }, { result: 2, size: 88 }],
    ['no buffer, small size', { ctxPresent: false, size: 8 }, { result: E.E2BIG, size: 88 }],
  ])('%s', (_name, input, expected) => {
    expect(get([one, two], input)).toEqual(expected);
  });

  it('asks one module only with SINGLE', () => {
    const answer = get([one, two], { flags: 1, header: header(104n) });
    expect(answer).toMatchObject({ result: 1, size: 48 });
    expect(entries(answer.data)).toMatchObject([{ id: 104, ctx: 'unconfined' }]);
  });

  it('keeps the entries before one that does not fit', () => {
    const answer = get([one, two], { size: 47 });
    expect(answer).toMatchObject({ result: E.E2BIG, size: 88 });
    expect(entries(answer.data)).toMatchObject([{ id: 101, ctx: 'kernel\0' }]);
  });

  it('fails wholly on an error that is not "not mine", whatever was gathered', () => {
    const { data, ...answer } = get([one, fixed('two', 104, E.ENOENT)], {});
    expect(answer).toEqual({ result: E.ENOENT }); // and *size as it was
    expect(entries(data)).toMatchObject([{ id: 101, ctx: 'kernel\0' }]); // the kernel fills the buffer as it goes
    expect(get([one, fixed('three', 109, E.EOPNOTSUPP)], {})).toMatchObject({ result: 1, size: 40 });
  });

  it('gives nothing without a labelling module', () => {
    expect(get([silent('capability', 100)], {})).toEqual({ result: E.EOPNOTSUPP, size: 0 });
  });
});

describe('lsm_set_self_attr', () => {
  const booted = () => bootToys([toy('one', 901), toy('two', 902)]).stack;
  const context = (id: bigint, text: string, sizes: { length?: bigint; contextLength?: bigint } = {}) => {
    const { length = BigInt(32 + text.length), contextLength = BigInt(text.length) } = sizes;
    return Buffer.concat([header(id, length, contextLength), Buffer.from(text)]);
  };
  const set = (ctx: Uint8Array | undefined, input: { attr?: number; size?: number; flags?: number } = {}) => {
    const size = input.size ?? ctx?.length ?? 64;
    return booted().syscalls.setSelfAttr(
      { attr: CURRENT, flags: 0, size, ...input, ...(ctx === undefined ? {} : { ctx }) },
      caller,
    );
  };

  it.each<[string, unknown, unknown]>([
    ['accepted', set(context(901n, 'x')), 0],
    ['empty context', set(context(901n, '')), 0],
    ['padding after the entry', set(Buffer.concat([context(901n, 'x'), new Uint8Array(7)])), 0],
    ['flags', set(context(901n, 'x'), { flags: 1 }), E.EINVAL],
    ['flags before a null pointer', set(undefined, { flags: 1 }), E.EINVAL],
    ['size below the header, before a null pointer', set(undefined, { size: 31 }), E.EINVAL],
    ['size above a page, before a null pointer', set(undefined, { size: 4097 }), E.E2BIG],
    ['null pointer', set(undefined), E.EFAULT],
    ['readable in part only', set(context(901n, 'x'), { size: 64 }), E.EFAULT],
    ['length above size', set(context(901n, 'kernel', { length: 39n })), E.EINVAL],
    ['length below header and context', set(context(901n, 'kernel', { contextLength: 7n })), E.EINVAL],
    ['length that overflows', set(context(901n, 'kernel', { contextLength: 2n ** 64n - 1n })), E.EINVAL],
    ['no such module', set(context(999n, 'x')), E.EOPNOTSUPP],
    ['undefined module', set(context(0n, 'x')), E.EOPNOTSUPP],
    ['unknown attribute', set(context(901n, 'x'), { attr: 0 }), E.EOPNOTSUPP],
    ["the module's verdict", set(context(901n, 'refuse')), E.EACCES],
  ])('%s', (_name, result, expected) => {
    expect(result).toBe(expected);
  });

  it('changes the named module only', () => {
    const stack = booted();
    const ctx = context(902n, 'new');
    expect(stack.syscalls.setSelfAttr({ attr: EXEC, ctx, size: ctx.length, flags: 0 }, caller)).toBe(0);
    const answer = stack.syscalls.getSelfAttr({ attr: EXEC, ctxPresent: true, size: 4096, flags: 0 }, caller);
    expect(entries(answer.data)).toMatchObject([
      { id: 901, ctx: '' },
      { id: 902, ctx: 'new' },
    ]);
  });

  it('never fails but with an errno, and stores only a whole valid entry', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(5000), fc.nat(300), fc.nat(1), (ctx, size, attr, flags) => {
        const { stack } = bootToys([toy('one', 901)]);
        const result = stack.syscalls.setSelfAttr({ attr, ctx, size, flags }, caller);
        // Random bytes do not name module 901 with matching lengths.
        expect(failed(result)).toBe(true);
      }),
    );
  });
});
