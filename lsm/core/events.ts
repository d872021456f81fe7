/**
 * Events: the only ways in which the emulated security stack changes.
 *
 * State changes through (a) a mutating vfs operation on one of the stack's filesystems, (b) a process event, (c) a forwarded system
 * call. Each is a plain serialisable value that carries all its inputs (caller, time, file label), so a world is a deterministic function of
 * its boot configuration and its event log.
 */
import type { Caller } from '../../vfs/caller.ts';

export interface TaskId {
  readonly tid: number;
  readonly tgid: number;
}

/** (b) What happened to processes. Thread ids are those of the pid namespace the daemon lives in. */
export type ProcessEvent =
  /** A task that the stack has not seen before enters the world from outside (the first process; `mount` users). */
  | { readonly kind: 'enter'; readonly task: TaskId }
  /** clone/fork/vfork; a new thread when `child.tgid === tgid of parent`. */
  | { readonly kind: 'fork'; readonly parent: number; readonly child: TaskId }
  /** execve succeeded in `tid` (after the kernel made it the thread group leader). */
  | { readonly kind: 'exec'; readonly tid: number; readonly file?: ExecFile }
  | { readonly kind: 'exit'; readonly tid: number };

/** What exec-time decisions may look at. */
export interface ExecFile {
  readonly path: string;
  /** Raw security xattrs of the file, name to value (latin-1). */
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly noNewPrivs?: boolean;
  readonly nosuid?: boolean;
}

/** (c) System calls that are not file operations. `data` is base64 so that the event stays serialisable. */
export type SyscallEvent =
  | {
      readonly kind: 'lsm_set_self_attr';
      readonly attr: number;
      readonly ctx: string;
      readonly size: number;
      readonly flags: number;
      readonly caller: Caller;
    }
  /** write(2) of zero bytes, which never reaches a FUSE server, on an attr file of `target` named by `module`/`name`. */
  | {
      readonly kind: 'attr_clear';
      readonly target: number;
      readonly module: string;
      readonly name: string;
      readonly openerMm: number;
      readonly caller: Caller;
    };

export type StackEvent = ProcessEvent | SyscallEvent;
