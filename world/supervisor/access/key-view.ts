/** Keys of the host as a caller may see them. */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { KEYCTL } from '../../../linux/keyctl.ts';
import type { WorkerContext } from '../context.ts';

export interface SeenKey {
  readonly type: string;
  readonly uid: number;
  readonly description: string;
}

/** By its number, if the caller's user may see it: keyctl_describe(3). */
export function seenKey({ call, view }: WorkerContext, serial: number): SeenKey | undefined {
  const credentials = serial > 0 ? view.credentials(call.tid) : undefined;
  if (credentials === undefined) return undefined;
  const describe = () => rawSyscall(NR.keyctl, KEYCTL.DESCRIBE, serial, view.resultAddress, view.result.length);
  const length = view.asUser(credentials.fsuid, describe);
  if (length <= 0 || length > view.result.length) return undefined;
  // type;uid;gid;permissions;description, and a NUL
  const text = Buffer.from(view.result.subarray(0, length - 1)).toString('latin1');
  const [, type, uid, description] = /^([^;]*);(\d+);[^;]*;[^;]*;(.*)$/s.exec(text) ?? [];
  return type === undefined || description === undefined ? undefined : { type, uid: Number(uid), description };
}
