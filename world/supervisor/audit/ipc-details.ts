/**
 * The objects of System V IPC that a call is about, for audit: audit_ipc_obj() and audit_ipc_set_perm() in ipc/{shm,msg,sem,util}.c of
 * Linux 6.12.
 */
import { AUDIT } from '../../../linux/audit.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { IPC_PERM, IPC_PRIVATE, IPC_SET, MSG_QBYTES, SETVAL } from '../../../linux/ipc.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { IpcType } from '../../../lsm/framework/access/ipc-access.ts';
import { modeText } from '../../../lsm/framework/audit/audit-text.ts';
import { BY_INDEX, INFOS, SET_SIZES } from '../access/ipc-commands.ts';
import { type IpcSpace, type IpcState, IpcView } from '../access/ipc-view.ts';
import { openQueueFilesystem } from '../access/queue-filesystem.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Ask } from '../protocol/questions/index.ts';
import type { ArgumentReader, By, CallerIpc } from './argument-reader.ts';
import { bytesAt, type Detail, type Detailing } from './detail.ts';

/** Looks into the namespaces of callers. */
export function callerIpc({ view, ask }: { readonly view: CallerView; readonly ask: Ask }): CallerIpc {
  let objects: IpcView | undefined;
  const within = <T>(tid: Tid, otherwise: T, look: (space: IpcSpace) => T): T => {
    objects ??= new IpcView(view, ask);
    let found = otherwise;
    objects.visit(tid, (space) => {
      found = look(space);
    });
    return found;
  };
  return {
    object: (tid, type, number, by) =>
      within<IpcState | undefined>(tid, undefined, (space) => space.look(type, number, by)),
    queues: (tid) => within(tid, -EACCES, () => openQueueFilesystem(view)),
  };
}

const { E2BIG, EACCES, EEXIST, EFAULT, EFBIG, EINVAL, ERANGE } = ERRNO;

interface Given {
  readonly number: number;
  readonly by: By;
  /** Errors of the call that come before the object is noted. */
  readonly before: readonly number[];
  /** Records that follow. */
  readonly more?: readonly Detail[];
}

const about =
  (type: IpcType, given: (reader: ArgumentReader) => Given | undefined): Detailing =>
  (reader) => {
    const found = given(reader);
    const object = found && reader.ipc.object(reader.call.tid, type, found.number, found.by);
    if (found === undefined || object === undefined) return undefined;
    const { uid, gid, mode } = object;
    const records = [
      { type: AUDIT.IPC, body: `ouid=${uid} ogid=${gid} mode=${modeText(mode)}` },
      ...(found.more ?? []),
    ];
    return (exit) => (found.before.includes(-exit) ? [] : records);
  };

/** (key, ...): one that exists. */
const get = (type: IpcType): Detailing =>
  about(type, ({ call }) =>
    call.int(0) === IPC_PRIVATE ? undefined : { number: call.int(0), by: 'key', before: [EEXIST, EINVAL] },
  );

/** (id, ...) */
const use = (type: IpcType, before: readonly number[]): Detailing =>
  about(type, ({ call }) => ({ number: call.int(0), by: 'id', before }));

const control = (type: IpcType): Detailing =>
  about(type, (reader) => {
    const { call } = reader;
    const command = call.int(type === 'sem' ? 2 : 1);
    if (INFOS[type].includes(command)) return undefined;
    const by: By = BY_INDEX[type].includes(command) ? 'index' : 'id';
    if (type === 'sem' && command === SETVAL) return { number: call.int(0), by, before: [EINVAL, ERANGE] };
    if (command !== IPC_SET) return { number: call.int(0), by, before: [] };
    return { number: call.int(0), by, before: [EFAULT], more: permissions(reader, type) };
  });

/** What IPC_SET is to set, as the caller gave it. */
function permissions(reader: ArgumentReader, type: IpcType): readonly Detail[] {
  const given = bytesAt(reader, type === 'sem' ? 3 : 2, SET_SIZES[type]);
  if (given === undefined) return [];
  const [uid, gid, mode] = [IPC_PERM.UID, IPC_PERM.GID, IPC_PERM.MODE].map((at) => given.getUint32(at, true));
  const room = type === 'msg' ? given.getBigUint64(MSG_QBYTES, true) : 0n;
  const body = `qbytes=${room.toString(16)} ouid=${uid} ogid=${gid} mode=${modeText(mode ?? 0)}`;
  return [{ type: AUDIT.IPC_SET_PERM, body }];
}

export const IPC_DETAILS: Partial<Record<SyscallName, Detailing>> = {
  shmget: get('shm'),
  msgget: get('msg'),
  semget: get('sem'),
  shmat: use('shm', [EINVAL]),
  msgsnd: use('msg', [EFAULT, EINVAL]),
  msgrcv: use('msg', [EINVAL]),
  semop: use('sem', [E2BIG, EFAULT, EFBIG, EINVAL]),
  semtimedop: use('sem', [E2BIG, EFAULT, EFBIG, EINVAL]),
  shmctl: control('shm'),
  msgctl: control('msg'),
  semctl: control('sem'),
};
