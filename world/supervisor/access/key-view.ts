/** Keys of the host as a caller may see them. */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { KEYCTL } from '../../../linux/keyctl.ts';
import type { KeyNeed } from '../../../lsm/framework/access/key-access.ts';
import type { WorkerContext } from '../context.ts';

export interface SeenKey {
  readonly type: string;
  readonly uid: number;
  readonly gid: number;
  /** A byte each for who possesses it, user, group and others; KEY_*_ALL. */
  readonly permissions: number;
  readonly description: string;
}

const { EKEYEXPIRED, EKEYREVOKED, ENOKEY } = ERRNO;

/** By its number, if the caller's user may see it: keyctl_describe(3). */
export function seenKey({ call, view }: WorkerContext, serial: number): SeenKey | undefined {
  const credentials = serial > 0 ? view.credentials(call.tid) : undefined;
  const found = credentials && describedTo(view, credentials.fsuid, serial);
  return typeof found === 'string' ? undefined : found;
}

/**
 * The same for mediation: who may not see a key may possess it. `over`: it was revoked, or has expired, and is there still; `gone`: there
 * is none.
 */
export function anyKey({ call, view }: WorkerContext, serial: number): SeenKey | 'over' | 'gone' | undefined {
  const credentials = serial > 0 ? view.credentials(call.tid) : undefined;
  return credentials && (describedTo(view, credentials.fsuid, serial) ?? describedTo(view, 0, serial));
}

function describedTo(
  view: WorkerContext['view'],
  fsuid: number,
  serial: number,
): SeenKey | 'over' | 'gone' | undefined {
  const describe = () => rawSyscall(NR.keyctl, KEYCTL.DESCRIBE, serial, view.resultAddress, view.result.length);
  const length = view.asUser(fsuid, describe);
  if (length === -EKEYREVOKED || length === -EKEYEXPIRED) return 'over';
  if (length === -ENOKEY) return 'gone';
  if (length <= 0 || length > view.result.length) return undefined;
  // type;uid;gid;permissions;description, and a NUL. The kernel writes ids as signed numbers.
  const text = Buffer.from(view.result.subarray(0, length - 1)).toString('latin1');
  const [, type, uid, gid, permissions = '', description] =
    /^([^;]*);(-?\d+);(-?\d+);([\da-f]+);(.*)$/s.exec(text) ?? [];
  if (type === undefined || description === undefined) return undefined;
  const owner = { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  return { type, ...owner, permissions: Number.parseInt(permissions, 16), description };
}

const KEY_GRP_ALL = 0x3f00;
const NEEDS: Readonly<Record<KeyNeed, number>> = { view: 1, read: 2, write: 4, search: 8, link: 0x10, setattr: 0x20 };

/** What key_task_permission() looks at before it asks the modules. */
export function modePermits(
  { call, view }: WorkerContext,
  { gid, permissions, uid }: SeenKey,
  need: KeyNeed,
  possessed: boolean,
): boolean {
  const credentials = view.credentials(call.tid);
  if (credentials === undefined) return true;
  const { fsgid, fsuid, groups } = credentials;
  const inGroup = (permissions & KEY_GRP_ALL) !== 0 && (gid === fsgid || groups.includes(gid));
  const byWho = uid === fsuid ? permissions >>> 16 : inGroup ? permissions >>> 8 : permissions;
  const bits = possessed ? byWho | (permissions >>> 24) : byWho;
  return (bits & NEEDS[need]) !== 0;
}
