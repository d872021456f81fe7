/**
 * lsm_get_self_attr(2), lsm_set_self_attr(2), lsm_list_modules(2), lsm_unshare(2) as functions of plain inputs.
 *
 * Model: security/lsm_syscalls.c and security_{get,set}selfattr of Linux 6.12; struct lsm_ctx of
 * include/uapi/linux/lsm.h. For lsm_unshare(2), which no kernel has, what the list of the kernel's security modules
 * settled in March 2026 (docs/reference/lsm-unshare.md). These functions do not access the caller's memory: inputs are bytes
 * (absent = a null or unreadable pointer, as said at each field), and the answer has the bytes to be stored.
 */

import { E, failed, type Result } from '../../linux/errno.ts';
import { PAGE_SIZE } from '../../linux/fs.ts';
import { LSM_FLAG_SINGLE, LSM_ID_UNDEF } from '../../linux/lsm.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { BootConfig } from './config.ts';
import type { SyscallEvent, TaskId, UnshareEvent } from './events.ts';
import type { HookList } from './hooks.ts';
import type { ModuleId } from './module-facts.ts';
import { LSM_ATTR } from './proc/attr.ts';
import type { Task } from './task.ts';

/** Size of struct lsm_ctx: id, flags, len, ctx_len, each a u64. */
const HEADER_SIZE = 32;

export interface GetSelfAttrInput {
  readonly attr: number;
  /** `false` = ctx is a null pointer. */
  readonly ctxPresent: boolean;
  /** The 32 bytes at ctx; absent = unreadable. Only looked at with LSM_FLAG_SINGLE. */
  readonly header?: Uint8Array;
  /** The u32 at size; 'null' = null pointer, 'fault' = unreadable. */
  readonly size: number | 'null' | 'fault';
  readonly flags: number;
}

/** What to store besides the return value. Both are written even when `result` is an error. */
export interface SyscallAnswer {
  readonly result: Result<number>;
  /** New value of *size; absent = untouched. */
  readonly size?: number;
  /** Bytes for the buffer; absent = untouched. */
  readonly data?: Uint8Array;
}

export interface ListModulesInput {
  /** `false` = ids is a null pointer. */
  readonly idsPresent: boolean;
  readonly size: number | 'fault';
  readonly flags: number;
}

export interface UnshareInput {
  /** The first `size` bytes at ctx, as many as can be read; absent = null or unreadable. */
  readonly ctx?: Uint8Array;
  readonly size: number;
  readonly flags: number;
}

export interface SetSelfAttrInput extends UnshareInput {
  readonly attr: number;
}

export interface SyscallHost {
  readonly config: Pick<BootConfig, 'profile'>;
  readonly hooks: HookList;
  readonly moduleIds: readonly ModuleId[];
  taskOf(caller: TaskId): Task;
  apply(event: SyscallEvent | UnshareEvent): Result<number>;
  noteSockets(caller: TaskId): void;
  /** Finds out where the task is now: what it sees may depend on that. */
  noteUserNamespace(task: Task): void;
}

export class LsmSyscalls {
  readonly #host: SyscallHost;

  constructor(host: SyscallHost) {
    this.#host = host;
  }

  listModules(input: ListModulesInput): SyscallAnswer {
    const ids = this.#host.moduleIds;
    if (input.flags !== 0) return { result: E.EINVAL };
    if (input.size === 'fault') return { result: E.EFAULT };
    const size = 8 * ids.length;
    if (input.size < size) return { result: E.E2BIG, size };
    if (!input.idsPresent) return { result: E.EFAULT, size };
    const data = new Uint8Array(size);
    const view = new DataView(data.buffer);
    ids.forEach((id, index) => {
      view.setBigUint64(8 * index, BigInt(id), true);
    });
    return { result: ids.length, size, data };
  }

  getSelfAttr(input: GetSelfAttrInput, caller: TaskId): SyscallAnswer {
    const { attr, ctxPresent, flags } = input;
    if (attr === 0 || input.size === 'null') return { result: E.EINVAL };
    if (input.size === 'fault') return { result: E.EFAULT };
    if ((flags & ~LSM_FLAG_SINGLE) !== 0) return { result: E.EINVAL };
    const single = flags === LSM_FLAG_SINGLE;
    const asked = single ? askedModule(ctxPresent, input.header) : LSM_ID_UNDEF;
    if (failed(asked)) return { result: asked };

    const task = this.#host.taskOf(caller);
    this.#host.noteUserNamespace(task);
    const entries: Uint8Array[] = [];
    let size = 0;
    let count = 0;
    let tooBig = false;
    for (const { id, hooks } of this.#host.hooks.having('getselfattr', asked)) {
      const context = hooks.getselfattr(task, attr);
      if (context === E.EOPNOTSUPP) continue;
      // Entries of modules before it are in the buffer already, but their size is not told.
      if (failed(context)) return { result: context, ...stored(ctxPresent, entries) };
      const entry = lsmContext(id, context);
      size += entry.length;
      count++;
      if (size > input.size) tooBig = true;
      else entries.push(entry);
    }
    const data = stored(ctxPresent, entries);
    if (tooBig) return { result: E.E2BIG, size, ...data };
    return { result: count === 0 ? E.EOPNOTSUPP : count, size, ...data };
  }

  /** @returns 0 on success. A change of state, hence an event. */
  setSelfAttr(input: SetSelfAttrInput, caller: Caller): Result<number> {
    if (input.attr === LSM_ATTR.current || input.attr === LSM_ATTR.sockcreate) this.#host.noteSockets(caller);
    return this.#host.apply({ kind: 'lsm_set_self_attr', ...encoded(input), caller });
  }

  /** Does the emulated kernel have lsm_unshare(2)? */
  get hasUnshare(): boolean {
    return this.#host.config.profile === '2026';
  }

  /**
   * @returns 0 on success: the caller is in a new namespace of the one module that the context names. ENOSYS in other
   * profiles than `2026`.
   */
  unshare(input: UnshareInput, caller: Caller): Result<number> {
    if (!this.hasUnshare) return E.ENOSYS;
    this.#host.noteSockets(caller);
    return this.#host.apply({ kind: 'lsm_unshare', ...encoded(input), caller });
  }

  /** What the stack does with the event of `setSelfAttr`. */
  applySetSelfAttr(event: SyscallEvent): Result<number> {
    const { attr, caller } = event;
    const context = parseContext(event);
    if (failed(context)) return context;
    const module = this.#host.hooks.having('setselfattr').find(({ id }) => BigInt(id) === context.id);
    if (module === undefined) return E.EOPNOTSUPP;
    return module.hooks.setselfattr(this.#host.taskOf(caller), attr, context.value, caller) ?? 0;
  }

  /** What the stack does with the event of `unshare`. */
  applyUnshare(event: UnshareEvent): Result<number> {
    const context = parseContext(event);
    if (failed(context)) return context;
    if (context.rest >= HEADER_SIZE) return E.EINVAL; // room for a second context: only one module at a time
    const module = this.#host.hooks.having('unshare').find(({ id }) => BigInt(id) === context.id);
    if (module === undefined) return E.EOPNOTSUPP;
    return module.hooks.unshare(this.#host.taskOf(event.caller), context.value, event.caller) ?? 0;
  }
}

interface ParsedContext {
  readonly id: bigint;
  /** The context without header and padding. */
  readonly value: Uint8Array;
  /** Number of bytes after the entry. */
  readonly rest: number;
}

/** The struct lsm_ctx of a call whose flags must be 0, checked in the kernel's order (lsm_set_self_attr(2)). */
function parseContext({ ctx: text, size, flags }: Omit<UnshareEvent, 'kind' | 'caller'>): Result<ParsedContext> {
  if (flags !== 0 || size < HEADER_SIZE) return E.EINVAL;
  if (size > PAGE_SIZE) return E.E2BIG;
  const ctx = text === undefined ? undefined : Buffer.from(text, 'base64');
  if (ctx === undefined || ctx.length < size) return E.EFAULT;
  const view = new DataView(ctx.buffer, ctx.byteOffset, size);
  const length = view.getBigUint64(16, true);
  const contextLength = view.getBigUint64(24, true);
  if (BigInt(size) < length || length < BigInt(HEADER_SIZE) + contextLength) return E.EINVAL;
  return {
    id: view.getBigUint64(0, true),
    value: ctx.subarray(HEADER_SIZE, HEADER_SIZE + Number(contextLength)),
    rest: size - Number(length),
  };
}

/** As the log keeps it. */
function encoded<Input extends UnshareInput>({ ctx, ...input }: Input) {
  return { ...input, ...(ctx !== undefined && { ctx: Buffer.from(ctx).toString('base64') }) };
}

function stored(ctxPresent: boolean, entries: readonly Uint8Array[]): Pick<SyscallAnswer, 'data'> {
  return ctxPresent && entries.length > 0 ? { data: Buffer.concat(entries) } : {};
}

/** The module id in the header of a LSM_FLAG_SINGLE request. Ids above 32 bits name no module; -1 stands for them. */
function askedModule(ctxPresent: boolean, header: Uint8Array | undefined): Result<ModuleId> {
  if (!ctxPresent) return E.EINVAL;
  if (header === undefined || header.length < HEADER_SIZE) return E.EFAULT;
  const id = new DataView(header.buffer, header.byteOffset).getBigUint64(0, true);
  if (id === BigInt(LSM_ID_UNDEF)) return E.EINVAL;
  return id > 0xffffffffn ? -1 : Number(id);
}

/** A struct lsm_ctx with its context, padded to 8 bytes. */
function lsmContext(id: ModuleId, context: Uint8Array): Uint8Array {
  const length = Math.ceil((HEADER_SIZE + context.length) / 8) * 8;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(id), true);
  view.setBigUint64(16, BigInt(length), true);
  view.setBigUint64(24, BigInt(context.length), true);
  bytes.set(context, HEADER_SIZE);
  return bytes;
}
