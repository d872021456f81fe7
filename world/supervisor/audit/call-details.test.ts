/** What is recorded of calls besides names and results. Texts as recorded in j-audit-details, where a kernel has them. */
import { describe, expect, it } from 'vitest';
import { AUDIT } from '../../../linux/audit.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { AuditName } from '../../../lsm/framework/audit/names.ts';
import type { ArgumentReader } from './argument-reader.ts';
import { detailsOf } from './call-details.ts';

const LINKS: Readonly<Record<string, string>> = {
  '/proc/7/fd/0': 'x',
  '/proc/7/fd/2': 'x',
  '/proc/7/fd/5': 'anon_inode:bpf-prog',
};

/** Arguments are numbers, or what they point to. */
function reading(args: readonly (number | Uint8Array)[], more: { status?: string; object?: object } = {}) {
  const state = { status: more.status ?? 'Name:\tx\nUid:\t5\t5\t5\t5\nCapAmb:\t0000000000000001\n' };
  const at = (index: number): number => {
    const argument = args[index] ?? 0;
    return typeof argument === 'number' ? argument : 0x1000 * (index + 1);
  };
  const reader = {
    call: {
      tid: tidOf(7),
      low: (index: number) => at(index) >>> 0,
      high: (index: number) => (at(index) < 0 ? 0xffff_ffff : 0),
      int: (index: number) => at(index) | 0,
      isNull: (index: number) => at(index) === 0,
    },
    memory: {
      copy: (_tid: number, low: number, _high: number, length: number) => {
        const argument = args[low / 0x1000 - 1];
        return argument instanceof Uint8Array && argument.length >= length ? argument.slice(0, length) : undefined;
      },
    },
    view: {
      readlinkAt: (_at: number, path: string) => LINKS[path],
      status: () => ({ tgid: 6 }),
      known: () => ({ status: state.status }),
      readStatus: () => state.status,
      readFile: (_at: number, path: string) =>
        path === '/proc/7/fdinfo/5' ? 'pos:\t0\nprog_id:\t31\n' : 'CapBnd:\t000001ffffffffff\n',
    },
    ipc: { object: () => more.object },
  } as unknown as ArgumentReader;
  return { reader, state };
}

const longs = (...values: number[]): Uint8Array => new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer);
const ints = (...values: number[]): Uint8Array => new Uint8Array(new Uint32Array(values).buffer);
const recorded = (
  name: Parameters<typeof detailsOf>[0],
  args: readonly (number | Uint8Array)[],
  exit = 0,
  object?: object,
) => detailsOf(name, reading(args, object && { object }).reader)?.(exit, []) ?? [];

describe('details of a call', () => {
  it('are the file and the flags of a mapping, if it is one of a file', () => {
    expect(recorded('mmap', [0, 4096, 1, 0x8002, 3, 0])).toEqual([{ type: AUDIT.MMAP, body: 'fd=3 flags=0x8002' }]);
    expect(recorded('mmap', [0, 4096, 1, 2, -1, 0], -9)).toEqual([{ type: AUDIT.MMAP, body: 'fd=-1 flags=0x2' }]);
    expect(recorded('mmap', [0, 4096, 1, 0x22, 3, 0])).toEqual([]);
    expect(recorded('mmap', [0, 4096, 1, 2, 3, 1], -22)).toEqual([]);
  });

  it('are the two descriptors that it has made', () => {
    expect(recorded('pipe2', [1, 0])).toEqual([{ type: AUDIT.FD_PAIR, body: 'fd0=1 fd1=3' }]);
    expect(recorded('socketpair', [1, 2, 0, 1])).toEqual([{ type: AUDIT.FD_PAIR, body: 'fd0=1 fd1=3' }]);
    expect(recorded('pipe2', [1, 0], -24)).toEqual([]);
  });

  it('are a program of bpf that was loaded, also when another call is looked at by then', () => {
    const load = [5, 0x1000, 128];
    expect(recorded('bpf', load, 5)).toEqual([{ type: AUDIT.BPF, body: 'prog-id=31 op=LOAD' }]);
    expect([recorded('bpf', load, 2), recorded('bpf', load, -1), recorded('bpf', [0, 0, 0], 5)]).toEqual([[], [], []]);
    const { reader } = reading(load);
    const details = detailsOf('bpf', reader);
    Object.assign(reader.call, { tid: tidOf(9) });
    expect(details?.(5, [])).toHaveLength(1);
  });

  it('are capabilities, if they were set', () => {
    const given = [ints(0x20080522, 0), ints(0xf, 0xff, 0x3, 0, 1, 0)];
    const body =
      'pid=6 cap_pi=0000000000000003 cap_pp=00000001000000ff cap_pe=000000000000000f cap_pa=0000000000000001';
    expect(recorded('capset', given)).toEqual([{ type: AUDIT.CAPSET, body }]);
    expect(recorded('capset', given, -1)).toEqual([]);
    const [, old = []] = [0, ints(0, 0xff, 0)];
    expect(recorded('capset', [ints(0x19980330, 0), old as Uint8Array])).toEqual([
      { type: AUDIT.CAPSET, body: 'pid=6 cap_pi=0 cap_pp=00000000000000ff cap_pe=0 cap_pa=0' },
    ]);
  });

  it('are owner and mode of an object of IPC, and what they are to become', () => {
    const object = { uid: 1, gid: 2, mode: 0o640 };
    const own = { type: AUDIT.IPC, body: 'ouid=1 ogid=2 mode=0640' };
    expect(recorded('msgget', [9, 0], 3, object)).toEqual([own]);
    expect(recorded('msgget', [0, 0], 3, object)).toEqual([]);
    expect(recorded('shmget', [9, 8192, 0], -22, object)).toEqual([]);
    expect(recorded('semctl', [9, 7, 16, 1], -22, object)).toEqual([]);
    expect(recorded('shmctl', [9, 14, longs(0)], 0, object)).toEqual([]);
    const set = new Uint8Array(120);
    new Uint32Array(set.buffer).set([0, 8, 9, 0, 0, 0o222]);
    new BigUint64Array(set.buffer)[11] = 4096n;
    const changed = { type: AUDIT.IPC_SET_PERM, body: 'qbytes=1000 ouid=8 ogid=9 mode=0222' };
    expect(recorded('msgctl', [9, 1, set], -1, object)).toEqual([own, changed]);
    expect(recorded('msgctl', [9, 1, 1], -14, object)).toEqual([]);
    expect(recorded('msgctl', [9, 1, set], -22)).toEqual([]);
  });

  it('are what a queue is opened and used with', () => {
    const attributes = longs(0, 3, 16, 0, 0, 0, 0, 0);
    const text = 'mq_flags=0x0 mq_maxmsg=3 mq_msgsize=16 mq_curmsgs=0';
    expect(recorded('mq_open', [0, 0o102, 0o600, attributes])).toEqual([
      { type: AUDIT.MQ_OPEN, body: `oflag=0x42 mode=0600 ${text}` },
    ]);
    expect(recorded('mq_open', [0, 0, 0, 0], -2).map(({ body }) => body)).toEqual([
      'oflag=0x0 mode=0 mq_flags=0x0 mq_maxmsg=0 mq_msgsize=0 mq_curmsgs=0',
    ]);
    expect(recorded('mq_open', [0, 0, 0, longs(0)], -14)).toEqual([]);
    expect(recorded('mq_timedsend', [3, 0, 2, 7, longs(99, 5)]).map(({ body }) => body)).toEqual([
      'mqdes=3 msg_len=2 msg_prio=7 abs_timeout_sec=99 abs_timeout_nsec=5',
    ]);
    expect(recorded('mq_timedsend', [3, 0, 2, 40000, 0], -22)).toEqual([]);
    expect(recorded('mq_timedreceive', [3, 0, 2, 40000, longs(0, -1)], -22)).toEqual([]);
    expect(recorded('mq_timedreceive', [3, 0, -1, 40000, 0]).map(({ body }) => body)).toEqual([
      'mqdes=3 msg_len=-1 msg_prio=0 abs_timeout_sec=0 abs_timeout_nsec=0',
    ]);
    const event = new Uint8Array(64);
    event[8] = 10;
    expect(recorded('mq_notify', [3, event])).toEqual([{ type: AUDIT.MQ_NOTIFY, body: 'mqdes=3 sigev_signo=10' }]);
    expect(recorded('mq_notify', [3, 0])).toEqual([{ type: AUDIT.MQ_NOTIFY, body: 'mqdes=3 sigev_signo=0' }]);
    expect(recorded('mq_getsetattr', [3, attributes, 0])).toEqual([
      { type: AUDIT.MQ_GETSETATTR, body: `mqdes=3 ${text} ` },
    ]);
    expect(recorded('mq_getsetattr', [3, 0, 9])).toEqual([]);
  });
});

describe('a program that gives capabilities', () => {
  const sets = (uids: string, permitted: string, effective = permitted): string =>
    `Uid:\t${uids}\nCapInh:\t${'0'.repeat(16)}\nCapPrm:\t${permitted.padStart(16, '0')}\nCapEff:\t${effective.padStart(16, '0')}\nCapAmb:\t${'0'.repeat(16)}\n`;
  const ALL = '1ffffffffff';
  const user = '5\t5\t5\t5';
  const became = (before: string, after: string, capability?: string) => {
    const { reader, state } = reading([], { status: before });
    const details = detailsOf('execve', reader);
    state.status = after;
    const names = [{ type: 'NORMAL', file: { ...(capability && { capability }) } }] as unknown as AuditName[];
    return (details?.(0, names) ?? []).map(({ body }) => body);
  };

  it('by its file', () => {
    const file = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0';
    expect(became(sets(user, '0'), sets(user, '2000'), file)).toEqual([
      'fver=2 fp=0000000000002000 fi=0 fe=1 old_pp=0 old_pi=0 old_pe=0 old_pa=0 pp=0000000000002000 pi=0 pe=0000000000002000 pa=0 frootid=0',
    ]);
  });

  it('but not as root, whose they are, and not if it gives none', () => {
    expect(became(sets(user, '0'), sets('5\t0\t0\t0', ALL))).toEqual([]);
    expect(became(sets('0\t0\t0\t0', ALL), sets('0\t0\t0\t0', ALL))).toEqual([]);
    expect(became(sets(user, '0'), sets(user, '0'))).toEqual([]);
  });

  it('to a root that does not have all of them', () => {
    expect(became(sets(user, '0'), sets('5\t0\t0\t0', 'ff'))).toHaveLength(1);
  });
});
