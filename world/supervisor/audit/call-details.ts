/**
 * What audit notes of calls besides names and results: the auxiliary records of audit_log_exit() and show_special() of
 * kernel/auditsc.c, as the calls of ipc/, mm/, fs/ and kernel/capability.c of Linux 6.12 fill them. System V IPC is in ipc-details.ts.
 *
 * Model: arguments and states are read before the call; whether the kernel has come to the place where it notes them is known from the
 * result. What a call leaves in the memory of its caller is not read: that has gone on by then.
 */
import { statusMask } from '../../../host/procfs/status.ts';
import { AUDIT } from '../../../linux/audit.ts';
import { BPF_COMMAND } from '../../../linux/bpf.ts';
import { capabilityStructs } from '../../../linux/capability.ts';
import { AT_FDCWD, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { MAP_ANONYMOUS } from '../../../linux/mman.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import { capabilityText, modeText } from '../../../lsm/framework/audit/audit-text.ts';
import type { ArgumentReader } from './argument-reader.ts';
import { bytesAt, type Detailing, type Details } from './detail.ts';
import { executionDetails } from './execution-details.ts';
import { IPC_DETAILS } from './ipc-details.ts';

const PAGE = 4096;
/** Of a descriptor of a program, in /proc. */
const BPF_PROGRAM = 'anon_inode:bpf-prog';
/** Of more descriptors nobody looks which are free. */
const MOST_DESCRIPTORS = 1024;
/** MQ_PRIO_MAX */
const PRIORITIES = 32768;
const BILLION = 1_000_000_000n;
/** struct mq_attr: of eight longs four are used. */
const MQ_ATTR = { SIZE: 64, FIELDS: 4 } as const;
/** struct sigevent: a value of 8 bytes, then the signal. */
const SIGEVENT = { SIZE: 64, SIGNAL: 8 } as const;

const one =
  (type: number, body: string): Details =>
  () => [{ type, body }];

/** (address, length, protection, flags, descriptor, offset) */
const mmap: Detailing = ({ call }) => {
  const flags = call.low(3);
  if ((flags & MAP_ANONYMOUS) !== 0 || call.low(5) % PAGE !== 0) return undefined;
  return one(AUDIT.MMAP, `fd=${call.int(4)} flags=0x${(flags >>> 0).toString(16)}`);
};

/** A call that makes two descriptors: the lowest that are free, unless another thread is about to take them. */
const pair: Detailing = ({ call, view }) => {
  const free: number[] = [];
  for (let fd = 0; free.length < 2; fd++) {
    if (fd > MOST_DESCRIPTORS) return undefined;
    if (view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${fd}`) === undefined) free.push(fd);
  }
  const body = `fd0=${free[0]} fd1=${free[1]}`;
  return (exit) => (exit === 0 ? [{ type: AUDIT.FD_PAIR, body }] : []);
};

/** (header, data) */
const capset: Detailing = (reader) => {
  const { call, view } = reader;
  const words = capabilityStructs(bytesAt(reader, 0, 4)?.getUint32(0, true) ?? 0);
  if (words === undefined) return undefined;
  const data = bytesAt(reader, 1, 12 * words);
  const caller = view.status(call.tid);
  const ambient = statusMask(view.known(call.tid).status ?? '', 'CapAmb');
  if (data === undefined || caller === undefined || ambient === undefined) return undefined;
  const [effective = 0n, permitted = 0n, inheritable = 0n] = [0, 4, 8].map((at) => {
    const high = words === 1 ? 0 : data.getUint32(12 + at, true);
    return (BigInt(high) << 32n) | BigInt(data.getUint32(at, true));
  });
  const sets = [
    ...[
      capabilityText('cap_pi', inheritable),
      capabilityText('cap_pp', permitted),
      capabilityText('cap_pe', effective),
    ],
    capabilityText('cap_pa', ambient & permitted & inheritable),
  ];
  return (exit) => (exit === 0 ? [{ type: AUDIT.CAPSET, body: `pid=${caller.tgid}${sets.join('')}` }] : []);
};

/** (name, flags, mode, struct mq_attr) */
const mq_open: Detailing = (reader) => {
  const { call } = reader;
  const attributes = call.isNull(3) ? attributesText([]) : attributesAt(reader, 3);
  if (attributes === undefined) return undefined; // EFAULT
  return one(AUDIT.MQ_OPEN, `oflag=0x${(call.low(1) >>> 0).toString(16)} mode=${modeText(call.low(2))} ${attributes}`);
};

function attributesAt(reader: ArgumentReader, argument: number): string | undefined {
  const given = bytesAt(reader, argument, MQ_ATTR.SIZE);
  return (
    given && attributesText(Array.from({ length: MQ_ATTR.FIELDS }, (_, index) => given.getBigInt64(8 * index, true)))
  );
}

function attributesText([flags = 0n, count = 0n, size = 0n, present = 0n]: readonly bigint[]): string {
  const bits = BigInt.asUintN(64, flags).toString(16);
  return `mq_flags=0x${bits} mq_maxmsg=${count} mq_msgsize=${size} mq_curmsgs=${present}`;
}

/** (queue, message, length, priority, timeout); of receiving the priority is not given. */
const message =
  (sends: boolean): Detailing =>
  (reader) => {
    const { call } = reader;
    const timeout = reader.call.isNull(4) ? [0n, 0n] : timeAt(reader, 4);
    const priority = sends ? call.low(3) >>> 0 : 0;
    if (timeout === undefined || priority >= PRIORITIES) return undefined;
    const length = BigInt.asIntN(64, (BigInt(call.high(2)) << 32n) | BigInt(call.low(2)));
    const waits = `abs_timeout_sec=${timeout[0]} abs_timeout_nsec=${timeout[1]}`;
    return one(AUDIT.MQ_SENDRECV, `mqdes=${call.int(0)} msg_len=${length} msg_prio=${priority} ${waits}`);
  };

/** A struct timespec that the kernel takes. */
function timeAt(reader: ArgumentReader, argument: number): readonly [bigint, bigint] | undefined {
  const time = bytesAt(reader, argument, 16);
  if (time === undefined) return undefined;
  const [seconds, nanoseconds] = [time.getBigInt64(0, true), time.getBigInt64(8, true)];
  return seconds < 0n || nanoseconds < 0n || nanoseconds >= BILLION ? undefined : [seconds, nanoseconds];
}

/** (queue, struct sigevent) */
const mq_notify: Detailing = (reader) => {
  const given = reader.call.isNull(1) ? undefined : bytesAt(reader, 1, SIGEVENT.SIZE);
  if (given === undefined && !reader.call.isNull(1)) return undefined;
  const signal = given?.getInt32(SIGEVENT.SIGNAL, true) ?? 0;
  return one(AUDIT.MQ_NOTIFY, `mqdes=${reader.call.int(0)} sigev_signo=${signal}`);
};

/** (queue, new attributes, room for the old ones) */
const mq_getsetattr: Detailing = (reader) => {
  const flags = reader.call.isNull(1) ? undefined : bytesAt(reader, 1, 8)?.getBigUint64(0, true);
  if (flags === undefined || (flags & ~BigInt(O_NONBLOCK)) !== 0n) return undefined;
  const body = `mqdes=${reader.call.int(0)} ${attributesAt(reader, 1) ?? ''} `;
  return (exit) => (exit === 0 ? [{ type: AUDIT.MQ_GETSETATTR, body }] : []);
};

/** (command, attributes, size). Only a program that is loaded is recorded; that it is unloaded no call tells. */
const bpf: Detailing = ({ call, view }) => {
  if (call.int(0) !== BPF_COMMAND.PROG_LOAD) return undefined;
  const place = `/proc/${call.tid}`;
  return (fd) => {
    if (fd < 0 || view.readlinkAt(AT_FDCWD, `${place}/fd/${fd}`) !== BPF_PROGRAM) return [];
    const [, id] = /^prog_id:\t(\d+)$/m.exec(view.readFile(AT_FDCWD, `${place}/fdinfo/${fd}`) ?? '') ?? [];
    return id === undefined ? [] : [{ type: AUDIT.BPF, body: `prog-id=${id} op=LOAD` }];
  };
};

const DETAILS: Partial<Record<SyscallName, Detailing>> = {
  ...IPC_DETAILS,
  mmap,
  pipe: pair,
  pipe2: pair,
  socketpair: pair,
  capset,
  bpf,
  mq_open,
  mq_timedsend: message(true),
  mq_timedreceive: message(false),
  mq_notify,
  mq_getsetattr,
  execve: executionDetails,
  execveat: executionDetails,
};

export function detailsOf(name: SyscallName | undefined, reader: ArgumentReader): Details | undefined {
  return name === undefined ? undefined : DETAILS[name]?.(reader);
}
