import { describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import { F_GETLK, F_SETLK, F_SETOWN } from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_EXEC, MAY_WRITE } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import { ATTR } from '../../framework/access/file-access.ts';
import type { AccessedKey, KeyNote } from '../../framework/access/key-access.ts';
import type { SocketPair } from '../../framework/events.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { createWorld } from '../../library/index.ts';

function file(label: string): FileFacts {
  const path = `/d/${label}`;
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const xattrs = { 'security.SMACK64': label };
  return {
    path,
    device: '0:30',
    mode: 0o100644,
    inode: { class: 'file', filesystem, path, ino: 7, uid: 0, gid: 0, xattrs },
  };
}

/** A task with label `Sub` and without CAP_MAC_OVERRIDE, which may read `Ro`, read and write `Rw`, and lock `Lo`. */
function asked() {
  const world = createWorld({ lsm: 'smack' });
  for (const rule of ['Sub Ro r', 'Sub Rw rw', 'Sub Lo l']) world.fs.writeFileSync('/sys/fs/smackfs/load2', rule);
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'Sub');
  const other = world.spawn();
  other.fs.writeFileSync('/proc/self/attr/current', 'Other');
  const caller = { ...task.caller, capabilities: 0n };
  return {
    other: other.caller.tid,
    refused: (check: AccessCheck) => world.stack.access.decide([check], caller).refused?.code,
    verdict: (check: AccessCheck) => world.stack.access.decide([check], caller),
    subject: () => world.stack.access.subject(caller),
    /** A note of a key or of sockets, by a task with this label. */
    made: (note: KeyNote | { readonly sockets: readonly SocketPair[] }, label: string) => {
      task.fs.writeFileSync('/proc/self/attr/current', label);
      const { tid } = task;
      world.stack.apply('made' in note ? { kind: 'key-note', tid, note } : { kind: 'sockets', tid, ...note });
      task.fs.writeFileSync('/proc/self/attr/current', 'Sub');
    },
    labelOf: (key: AccessedKey) => {
      const label = world.stack.keyMakers.label(key, world.stack.taskOf(caller), world.stack.hooks);
      return label === undefined || failed(label) ? undefined : textOf(label);
    },
    records: () =>
      world.audit
        .map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''))
        .filter((text) => text.startsWith('lsm=SMACK')),
  };
}

describe('what a task of Smack does', () => {
  it('to a path goes by letters, and opening needs `r` in any mode', () => {
    const { refused, records } = asked();
    const [none, reads] = [file('None'), file('Ro')];
    expect(refused({ hook: 'inodePermission', about: { file: none, mask: MAY_WRITE | MAY_APPEND } })).toBe('EACCES');
    expect(refused({ hook: 'inodePermission', about: { file: none, mask: MAY_EXEC } })).toBe('EACCES');
    expect(refused({ hook: 'fileOpen', about: { file: none, flags: 1 } })).toBe('EACCES');
    expect(refused({ hook: 'fileOpen', about: { file: reads, flags: 1 } })).toBeUndefined();
    expect(refused({ hook: 'inodeSetattr', about: { file: reads, attributes: ATTR.MODE } })).toBe('EACCES');
    expect(records()).toEqual([
      'lsm=SMACK fn=smack_inode_permission action=denied subject="Sub" object="None" requested=wa name="None" dev="tmpfs" ino=7',
      'lsm=SMACK fn=smack_inode_permission action=denied subject="Sub" object="None" requested=x name="None" dev="tmpfs" ino=7',
      'lsm=SMACK fn=smack_file_open action=denied subject="Sub" object="None" requested=r path="/d/None" dev="tmpfs" ino=7',
      'lsm=SMACK fn=smack_inode_setattr action=denied subject="Sub" object="Ro" requested=w name="Ro" dev="tmpfs" ino=7',
    ]);
  });

  it('to an open file: locks, owners of signals, and ioctl(2) by direction', () => {
    const { refused } = asked();
    const fcntl = (label: string, command: number): AccessCheck => ({
      hook: 'fileFcntl',
      about: { file: file(label), command, argument: 0, flags: 0 },
    });
    expect([fcntl('Ro', F_SETLK), fcntl('Lo', F_SETLK), fcntl('None', F_GETLK)].map(refused)).toEqual([
      'EACCES',
      undefined,
      undefined,
    ]);
    expect(refused(fcntl('Ro', F_SETOWN))).toBe('EACCES');
    const ioctl = (label: string, command: number): AccessCheck => ({
      hook: 'fileIoctl',
      about: { file: file(label), flags: 0, command },
    });
    // FIONREAD has no direction; _IOR and _IOW
    expect([ioctl('None', 0x541b), ioctl('Ro', 0x80086601), ioctl('Ro', 0x40086602)].map(refused)).toEqual([
      undefined,
      undefined,
      'EACCES',
    ]);
  });

  it('to another task, which records show by name; to see whether it is there needs nothing', () => {
    const { other, refused, records } = asked();
    const kill = (signal: number): AccessCheck => ({
      hook: 'taskKill',
      about: { target: other, signal, comm: 'sleep' },
    });
    expect([kill(0), kill(15)].map(refused)).toEqual([undefined, 'EACCES']);
    expect(refused({ hook: 'taskGetpgid', about: { target: other } })).toBe('EACCES');
    expect(records()[0]?.replace(/opid=\d+/, 'opid=N')).toBe(
      'lsm=SMACK fn=smack_task_kill action=denied subject="Sub" object="Other" requested=w opid=N ocomm="sleep"',
    );
  });

  it('to UNIX sockets, of which streams need it both ways', () => {
    const { other, refused, records } = asked();
    const socket = { family: 1, type: 1, protocol: 0, ino: 11 };
    const peer = { ...socket, ino: 12, holder: other, name: '\0srv' };
    expect(refused({ hook: 'unixStreamConnect', about: { socket, peer } })).toBe('EACCES');
    expect(refused({ hook: 'unixMaySend', about: { socket, peer } })).toBe('EACCES');
    expect(records()).toEqual([
      'lsm=SMACK fn=smack_unix_stream_connect action=denied subject="Sub" object="Other" requested=w path=00737276',
      'lsm=SMACK fn=smack_unix_may_send action=denied subject="Sub" object="Other" requested=w path=00737276',
    ]);
  });

  it('receives sockets only of those with whom it may exchange messages, and pipes by the label of their maker', () => {
    const { made, refused, records, other } = asked();
    const nameless = (type: string, more: Partial<FileFacts['inode']>): FileFacts => ({
      path: `${type}:[7]`,
      device: '0:8',
      mode: 0o010600,
      inode: { ...file('').inode, filesystem: { type: `${type}fs`, id: `${type}fs` }, xattrs: {}, ...more },
    });
    const receive = (of: FileFacts): AccessCheck => ({ hook: 'fileReceive', about: { file: of, flags: 2 } });
    const socket = (process: Tid, ino = 71) =>
      nameless('sock', { process, ino, class: 'sock_file', socket: { family: 1, type: 1, protocol: 0 } });
    expect(refused(receive(socket(other)))).toBe('EACCES');
    expect(refused(receive(nameless('pipe', { process: other, class: 'fifo_file' })))).toBe('EACCES');
    made({ sockets: [{ socket: 72, peer: 0 }] }, 'Rw');
    expect(refused(receive(socket(other, 72)))).toBe('EACCES');
    expect(records()).toEqual([
      'lsm=SMACK fn=smack_file_receive action=denied subject="Sub" object="Other" requested=w path="sock:[7]" dev="sockfs" ino=71',
      'lsm=SMACK fn=smack_file_receive action=denied subject="Sub" object="Other" requested=rw path="pipe:[7]" dev="pipefs" ino=7',
      'lsm=SMACK fn=smack_file_receive action=denied subject="Rw" object="Sub" requested=w path="sock:[7]" dev="sockfs" ino=72',
    ]);
  });

  it('to keys by the labels of their makers, also on the way to them', () => {
    const { made, refused, records, labelOf } = asked();
    const [ring, key] = [{ ring: 'session' } as const, { name: 'user;0;k', serial: 7 }];
    const check = (need: 'view' | 'write'): AccessCheck => ({ hook: 'keyPermission', about: { key, need } });
    made({ made: 'session', name: 'keyring;0;s' }, 'Rw');
    made({ made: 'key', name: key.name, into: ring }, 'Ro');
    made({ made: 'key', name: 'keyring;0;nested', into: ring }, 'Other');
    made({ made: 'seen', ...key }, 'Sub');
    expect([check('view'), check('write')].map(refused)).toEqual([undefined, 'EACCES']);
    expect(refused({ hook: 'keyPermission', about: { key: ring, need: 'write' } })).toBeUndefined();
    expect(refused({ hook: 'keySearch', about: { key } })).toBeUndefined();
    expect(refused({ hook: 'keySearch', about: { key: { name: 'user;0;none' } } })).toBeUndefined();
    expect(refused({ hook: 'keySearch', about: {} })).toBe('ENOKEY');
    expect(labelOf(key)).toBe('Ro\0');
    made({ made: 'session' }, 'Other');
    expect(refused({ hook: 'keySearch', about: { key } })).toBe('EACCES');
    const record = 'lsm=SMACK fn=smack_key_permission action=denied subject="Sub" object=';
    expect(records()).toEqual([
      `${record}"Ro" requested=w key_serial=7 key_desc="k"`,
      `${record}"Other" requested=r key_desc="nested"`,
      `${record}"Other" requested=r key_desc="_ses"`,
    ]);
  });

  it('is silent where it is allowed, and then goes by the label, the own rules and the capability', () => {
    const { subject, verdict } = asked();
    expect(verdict({ hook: 'inodeGetattr', about: { file: file('Rw') } })).toEqual({ silent: true });
    expect(subject().text).toContain('"Sub"');
  });
});

describe('SMACK64MMAP', () => {
  const mapped = (label: string): FileFacts => {
    const plain = file('Rw');
    return { ...plain, inode: { ...plain.inode, xattrs: { ...plain.inode.xattrs, 'security.SMACK64MMAP': label } } };
  };
  const map = (label: string): AccessCheck => ({
    hook: 'mmapFile',
    about: { file: mapped(label), flags: 0, protection: 1, mapFlags: 2 },
  });

  it('must be able to do what the label of the task can, by rules of its own, each narrowed by the task', () => {
    const world = createWorld({ lsm: 'smack' });
    const load = (node: string, rule: string): void => world.fs.writeFileSync(`/sys/fs/smackfs/${node}`, rule);
    load('load2', 'Sub Rw rw');
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', 'Sub');
    const refused = (label: string) => world.stack.access.decide([map(label)], task.caller).refused?.code;
    expect([refused('Rw'), refused('Lib'), refused('*'), refused('@')]).toEqual([
      undefined,
      'EACCES',
      undefined,
      undefined,
    ]);
    load('load2', 'Lib Rw r');
    expect(refused('Lib')).toBe('EACCES');
    task.fs.writeFileSync('/sys/fs/smackfs/load-self2', 'Sub Rw r');
    expect(refused('Lib')).toBeUndefined();
    task.fs.writeFileSync('/sys/fs/smackfs/load-self2', 'Lib Rw w');
    expect(refused('Lib')).toBe('EACCES');
  });
});
