/**
 * What calls about System V IPC ask the modules: ipc/{shm,msg,sem,util}.c, Linux 6.12. The kernel's own reasons to
 * refuse that come first are left to it.
 */

import { CAP } from '../../../linux/capability.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import {
  GETALL,
  GETNCNT,
  GETPID,
  GETVAL,
  GETZCNT,
  IPC_CREAT,
  IPC_EXCL,
  IPC_PRIVATE,
  IPC_RMID,
  IPC_SET,
  IPC_STAT,
  MSG_STAT,
  MSG_STAT_ANY,
  SEM_STAT,
  SEM_STAT_ANY,
  SEMVMX,
  SETALL,
  SETVAL,
  SHM_EXEC,
  SHM_LOCK,
  SHM_RDONLY,
  SHM_REMAP,
  SHM_RND,
  SHM_STAT,
  SHM_STAT_ANY,
  SHM_UNLOCK,
} from '../../../linux/ipc.ts';
import { MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';
import { S_IRUGO, S_IWUGO, S_IXUGO } from '../../../linux/stat.ts';
import type { AccessArguments, AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { IpcType } from '../../../lsm/framework/access/ipc-access.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import { BY_INDEX, INFOS, SET_SIZES } from '../access/ipc-commands.ts';
import type { IpcSpace, IpcState } from '../access/ipc-view.ts';
import { taskIdentity } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** struct sembuf { unsigned short sem_num; short sem_op; short sem_flg; } */
const SEMBUF = 6;
const SEM_OP = 2;
const BILLION = 1_000_000_000n;
/** So many messages of a queue are asked about at most: what a user has put there must not hold the daemon. */
const MOST_MESSAGES = 64;
const STATS_ANY: Readonly<Record<IpcType, number>> = { shm: SHM_STAT_ANY, msg: MSG_STAT_ANY, sem: SEM_STAT_ANY };

type Operation = AccessArguments['ipcControl']['operation'];

const COMMON: Readonly<Record<number, Operation>> = { [IPC_RMID]: 'remove', [IPC_SET]: 'set', [IPC_STAT]: 'stat' };
const OPERATIONS: Readonly<Record<IpcType, Readonly<Record<number, Operation>>>> = {
  shm: { ...COMMON, [SHM_LOCK]: 'lock', [SHM_UNLOCK]: 'lock', [SHM_STAT]: 'stat', [SHM_STAT_ANY]: 'stat' },
  msg: { ...COMMON, [MSG_STAT]: 'stat', [MSG_STAT_ANY]: 'stat' },
  sem: {
    ...COMMON,
    ...{ [SEM_STAT]: 'stat', [SEM_STAT_ANY]: 'stat' },
    ...{ [GETPID]: 'getattr', [GETVAL]: 'read-value', [GETALL]: 'read-value', [GETNCNT]: 'getattr' },
    ...{ [GETZCNT]: 'getattr', [SETVAL]: 'write-value', [SETALL]: 'write-value' },
  },
};

/** What the kernel asks before and at the hook; `undefined` = it refuses by itself. */
type Asked = readonly AccessCheck[] | undefined;

const visiting =
  (act: (context: WorkerContext, space: IpcSpace) => void): Handler =>
  (context) => {
    const { call, mediator } = context;
    if (mediator?.ipc.visit(call.tid, (space) => act(context, space)) === false) mediator.unseen();
  };

/** (key, size or number of semaphores, flags), or (key, flags): ipcget() */
const get = (type: IpcType): Handler =>
  visiting((context, space) => {
    const { call } = context;
    const key = call.int(0);
    const flags = call.int(type === 'msg' ? 1 : 2);
    const size = type === 'msg' ? 0 : type === 'sem' ? call.int(1) : long(context, 1);
    if (type === 'sem' && (size < 0 || size > space.limits(type).size)) return;
    const object = key === IPC_PRIVATE ? undefined : space.find(type, key);
    if (object === undefined) {
      const sized = type === 'msg' || (size > 0 && size <= space.limits(type).size);
      if (sized && (key === IPC_PRIVATE || (flags & IPC_CREAT) !== 0)) make(context, space, type, key);
      return;
    }
    if ((flags & (IPC_CREAT | IPC_EXCL)) === (IPC_CREAT | IPC_EXCL) || size > object.size) return;
    ask(context, object, flags, [{ hook: 'ipcAssociate', about: { object, ...modeBits(flags) } }]);
  });

const shmget = get('shm');
/** (key, flags) */
const msgget = get('msg');
const semget = get('sem');

function make(context: WorkerContext, space: IpcSpace, type: IpcType, key: number): void {
  const { call, view } = context;
  const uid = taskIdentity(view, call.tid)?.uids.effective;
  if (uid === undefined) return;
  refuse(context, [{ hook: 'ipcAlloc', about: { type, key } }]);
  if (!call.answered) space.synchronize(type, { key, uid });
}

/** (id, address, flags) */
const shmat: Handler = visiting((context, space) => {
  const { call } = context;
  const [id, flags] = [call.int(0), call.int(2)];
  const misplaced = call.low(1) % PAGE_SIZE !== 0 && (flags & SHM_RND) === 0;
  if (misplaced || (call.isNull(1) && (flags & SHM_REMAP) !== 0)) return;
  const object = space.object('shm', id);
  if (object === undefined) return;
  const write = (flags & SHM_RDONLY) === 0;
  const mode = S_IRUGO | (write ? S_IWUGO : 0) | ((flags & SHM_EXEC) === 0 ? 0 : S_IXUGO);
  const executable = (flags & SHM_EXEC) !== 0 && context.mediator?.families.has('memory') === true;
  const protection = PROT_READ | PROT_EXEC | (write ? PROT_WRITE : 0);
  ask(context, object, mode, [
    { hook: 'shmShmat', about: { object, write } },
    ...(executable ? [{ hook: 'mmapFile', about: { protection, mapFlags: MAP_SHARED } } as const] : []),
  ]);
});

/** (id, message, size, flags) */
const msgsnd: Handler = visiting((context, space) => {
  const { call, memory } = context;
  const size = long(context, 2);
  if (memory.read(call.tid, call.low(1), call.high(1), 8) < 8 || size > space.limits('msg').size) return;
  if (new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 8).getBigInt64(0, true) < 1n) return;
  const object = space.object('msg', call.int(0));
  if (object !== undefined) ask(context, object, S_IWUGO, [{ hook: 'msgQueueMsgsnd', about: { object } }]);
});

/**
 * (id, message, size, type, flags). find_msg() asks about each message until one may be received; what is waited for is not asked about.
 * Which messages have a type is not known: of several that are looked for by type one is asked about.
 */
const msgrcv: Handler = visiting((context, space) => {
  const { call } = context;
  const object = space.object('msg', call.int(0));
  if (object === undefined || call.high(2) >>> 31 !== 0) return;
  const count = Math.min(object.size, call.isNull(3) ? MOST_MESSAGES : 1);
  ask(context, object, S_IRUGO, count === 0 ? [] : [firstOf(count, object)]);
});

function firstOf(count: number, object: IpcState): AccessCheck {
  const next = count === 1 ? {} : { otherwise: [firstOf(count - 1, object)] };
  return { hook: 'msgQueueMsgrcv', about: { object }, refusal: 'ENOMSG', ...next };
}

/** (id, operations, count) */
const semop: Handler = (context) => operate(context);
/** (id, operations, count, timeout) */
const semtimedop: Handler = (context) => {
  const { call, memory } = context;
  if (!call.isNull(3)) {
    if (memory.read(call.tid, call.low(3), call.high(3), 16) < 16) return;
    const time = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 16);
    const [seconds, nanoseconds] = [time.getBigInt64(0, true), time.getBigInt64(8, true)];
    if (seconds < 0n || nanoseconds < 0n || nanoseconds >= BILLION) return;
  }
  operate(context);
};

const operate: Handler = visiting((context, space) => {
  const { call, memory } = context;
  const count = call.high(2) === 0 ? call.low(2) : 0;
  const length = SEMBUF * count;
  const fits = count > 0 && count <= space.limits('sem').operations && length <= memory.bytes.length;
  if (!fits || memory.read(call.tid, call.low(1), call.high(1), length) < length) return;
  const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, length);
  const places = Array.from({ length: count }, (_, index) => SEMBUF * index);
  const highest = Math.max(...places.map((place) => given.getUint16(place, true)));
  const alter = places.some((place) => given.getInt16(place + SEM_OP, true) !== 0);
  const object = space.object('sem', call.int(0));
  if (object === undefined || highest >= object.size) return;
  ask(context, object, alter ? S_IWUGO : S_IRUGO, [{ hook: 'semSemop', about: { object, alter } }]);
});

const control = (type: IpcType): Handler =>
  visiting((context, space) => {
    const { call } = context;
    const id = call.int(0);
    const command = call.int(type === 'sem' ? 2 : 1);
    if (id < 0) return;
    if (INFOS[type].includes(command)) {
      refuse(context, [{ hook: 'ipcInfo', about: { type } }]);
      return;
    }
    const operation = OPERATIONS[type][command];
    const object = operation && space.object(type, id, BY_INDEX[type].includes(command));
    if (operation === undefined || object === undefined) return;
    const hook: AccessCheck = { hook: 'ipcControl', about: { object, operation } };
    if (command === IPC_SET || command === IPC_RMID) {
      if (command === IPC_RMID || canRead(context, type)) askOwner(context, object, hook);
    } else if (operation === 'lock') {
      refuse(context, [
        hook,
        ...capabilityCheck(context, CAP.IPC_LOCK, isOwner(context, object) ? 'ignored' : 'EPERM'),
      ]);
    } else if (command === STATS_ANY[type]) {
      refuse(context, [hook]);
    } else if (type !== 'sem' || command !== SETVAL || isValue(context, object)) {
      ask(context, object, operation === 'write-value' ? S_IWUGO : S_IRUGO, [hook]);
    }
  });

/** (id, command, buffer) */
const shmctl = control('shm');
/** (id, command, buffer) */
const msgctl = control('msg');
/** (id, number of the semaphore, command, argument) */
const semctl = control('sem');

/** Is what IPC_SET is to take readable? */
function canRead({ call, memory }: WorkerContext, type: IpcType): boolean {
  const argument = type === 'sem' ? 3 : 2;
  return memory.read(call.tid, call.low(argument), call.high(argument), SET_SIZES[type]) === SET_SIZES[type];
}

function isValue({ call }: WorkerContext, { size }: IpcState): boolean {
  const [number, value] = [call.int(1), call.int(3)];
  return number >= 0 && number < size && value >= 0 && value <= SEMVMX;
}

/** ipcctl_obtain_check() */
function askOwner(context: WorkerContext, object: IpcState, hook: AccessCheck): void {
  const permitted = isOwner(context, object) ? [] : capabilityCheck(context, CAP.SYS_ADMIN);
  if (isOwner(context, object) || permitted.length > 0) refuse(context, [...permitted, hook]);
}

function isOwner({ call, view }: WorkerContext, { uid, creatorUid }: IpcState): boolean {
  const effective = taskIdentity(view, call.tid)?.uids.effective;
  return effective === uid || effective === creatorUid;
}

/** Asks for the mode bits that `flags` want, and then the rest. */
function ask(context: WorkerContext, object: IpcState, flags: number, then: readonly AccessCheck[]): void {
  const permitted = permission(context, object, flags);
  if (permitted !== undefined) refuse(context, [...permitted, ...then]);
}

/** ipcperms() */
function permission(context: WorkerContext, object: IpcState, flags: number): Asked {
  const { call, view } = context;
  const status = view.status(call.tid);
  if (status === undefined) return undefined;
  const inGroup = (gid: number): boolean => status.fsgid === gid || status.groups.includes(gid);
  const member = inGroup(object.creatorGid) || inGroup(object.gid);
  const granted = object.mode >> (isOwner(context, object) ? 6 : member ? 3 : 0);
  const requested = (flags >> 6) | (flags >> 3) | flags;
  const lacking = (requested & ~granted & 7) !== 0;
  const overridden = lacking ? capabilityCheck(context, CAP.IPC_OWNER, 'EACCES') : [];
  if (lacking && overridden.length === 0) return undefined;
  return [...overridden, { hook: 'ipcPermission', about: { object, ...modeBits(flags) } }];
}

const modeBits = (flags: number) => ({ read: (flags & S_IRUGO) !== 0, write: (flags & S_IWUGO) !== 0 });

/** Argument as a C size_t, as far as that is exact. */
function long({ call }: WorkerContext, argument: number): number {
  return call.high(argument) * 2 ** 32 + call.low(argument);
}

export const calls: readonly SupervisedCall[] = [
  ...always('mediate-ipc', { shmget, msgget, semget }).map((call) => ({ ...call, labels: true as const })),
  ...always('mediate-ipc', {
    shmat,
    msgsnd,
    msgrcv,
    semop,
    semtimedop,
    shmctl,
    msgctl,
    semctl,
  }),
];
