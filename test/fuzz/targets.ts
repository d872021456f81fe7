/** What is fuzzed in memory: each makes a state and answers with a step that throws when something is wrong. Errno answers are right. */

import { readFileSync } from 'node:fs';
import { OPCODE } from '../../fuse/protocol/opcodes.ts';
import { FuseReply } from '../../fuse/protocol/reply.ts';
import { FuseRequest } from '../../fuse/protocol/request.ts';
import { IN_HEADER } from '../../fuse/protocol/structs.ts';
import { handlerOf } from '../../fuse/server/dispatch.ts';
import { Notifier } from '../../fuse/server/notifier.ts';
import { FuseSession } from '../../fuse/server/session.ts';
import { failed } from '../../linux/errno.ts';
import { taskId, tgidOf, tidOf } from '../../linux/ids.ts';
import { UNKNOWN_FILESYSTEM } from '../../lsm/framework/files/inode.ts';
import { execCall, inodeFacts } from '../../lsm/framework/testing/files.ts';
import {
  createWorld,
  FileSystemError,
  JournalError,
  type LogEntry,
  readLogEntry,
  recordStack,
  replayLog,
  type World,
} from '../../lsm/library/index.ts';
import { StaticDirectory, TextFile } from '../../vfs/pseudo/index.ts';
import { eventToJson } from '../../vfs/recorder/events.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { Changes } from '../../vfs/tree/changes.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { Session as FileSession } from '../../vfs/user/session.ts';
import { parseMembers } from '../../world/registry/members.ts';
import { parseRecord } from '../../world/registry/record.ts';
import type { Random } from '../selinux/random.ts';
import { damaged, noise, sentence } from './random-data.ts';

export type Step = () => void;

const DATA = 'test/conformance/scenarios/data';
const image = (name: string): Uint8Array => readFileSync(`${DATA}/${name}`);

type Files = ReturnType<World['spawn']>['fs'];

/** Writes, and reads from the same descriptor where it can be read. */
function transact(fs: Files, path: string, data: Uint8Array | string, readable = false): void {
  try {
    const fd = fs.openSync(path, readable ? 'r+' : 'w');
    try {
      fs.writeSync(fd, Buffer.from(data as string));
      if (readable) fs.readSync(fd, Buffer.alloc(8192));
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
  }
}

function policies(random: Random): Step {
  const images = ['mini.33', 'mini.30', 'genfs.33'].map(image);
  const { fs } = createWorld({ lsm: 'selinux' }).spawn();
  return () => {
    transact(fs, '/sys/fs/selinux/load', damaged(random.pick(images), random));
    try {
      fs.readFileSync('/sys/fs/selinux/policy');
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
    }
  };
}

const CONTEXT_WORDS = [
  ...[
    'msys_u:msys_r:mapp_t:s0',
    'msys_u:msys_r:mkern_t:s0-s2:c0.c7',
    'msys_u:object_r:mdata_t:s1:c1',
    'mbob_u:mapp_r:mapp2_t:s0',
  ],
  ...['kernel', ':::', '0', '1', '2', '7', '65535', '-1', '4294967296', '%41+', '%zz', 'x', 's0', '\xff'],
];

function queries(random: Random): Step {
  const { fs } = createWorld({ lsm: 'selinux', policy: image('mini.33') }).spawn();
  const nodes = [
    'access',
    'create',
    'relabel',
    'member',
    'user',
    'context',
    'validatetrans',
    'enforce',
    'checkreqprot',
  ];
  return () => {
    const text = Buffer.from(sentence(CONTEXT_WORDS, random), 'latin1');
    transact(fs, `/sys/fs/selinux/${random.pick(nodes)}`, random.below(5) === 0 ? damaged(text, random) : text, true);
  };
}

function apparmor(random: Random): Step {
  const names = ['comp', 'evil', 'hats', 'hatty', 'kil', 'lim', 'odd', 'par', 'rl', 'simple', 'unc', 'wide'];
  const blobs = names.map((name) => image(`aa/${name}.bin`));
  const queries = ['label\0', 'labelall\0', 'profile\0', 'simple', 'wide', 'hatty//h1', ':n1:', '//&', '\0', 'allow'];
  const { fs } = createWorld({ lsm: 'apparmor' }).spawn();
  const root = '/sys/kernel/security/apparmor';
  return () => {
    const node = random.pick(['.load', '.replace', '.replace', '.remove', '.access']);
    if (node === '.access') transact(fs, `${root}/.access`, sentence(queries, random, ['', ' ']), true);
    else if (node === '.remove') transact(fs, `${root}/.remove`, sentence(queries, random, ['']));
    else transact(fs, `${root}/${node}`, damaged(random.pick(blobs), random));
  };
}

function attr(random: Random): Step {
  const { fs } = createWorld({ lsm: 'selinux,apparmor', policy: image('mini.33') }).spawn();
  const names = [
    'current',
    'exec',
    'fscreate',
    'keycreate',
    'sockcreate',
    'prev',
    'apparmor/current',
    'apparmor/exec',
    'display',
  ];
  const words = [
    ...CONTEXT_WORDS,
    'changeprofile',
    'changehat',
    'permprofile',
    'stack',
    'exec',
    'unconfined',
    '0123456789abcdef^',
  ];
  return () => {
    const data = random.below(4) === 0 ? noise(random, random.below(300)) : sentence(words, random);
    transact(fs, `/proc/self/attr/${random.pick(names)}`, data, true);
  };
}

function dispatcher(random: Random): Step {
  const file = new TextFile({ ino: 2, mode: 0o644 }, () => 'text');
  const root = new StaticDirectory({ ino: 1, mode: 0o755, entries: [{ name: 'file', node: file }] });
  const session = new FuseSession({
    filesystem: { type: 'testfs', magic: 0, root, changes: new Changes() },
    identify: (tid, uid, gid) => ({ ...KERNEL_CALLER, ...taskId(tid), uid, gid }),
    notifier: new Notifier(0, () => {}), // nothing here announces anything
    deferrals: { defer: () => {}, interrupt: () => {} },
    now: () => 0n,
    root: { uid: 0, gid: 0 },
    maxPages: 256,
  });
  const opcodes: readonly number[] = Object.values(OPCODE);
  return () => {
    const body = random.below(3) === 0 ? Buffer.from('file\0') : noise(random, random.below(160));
    const bytes = Buffer.concat([Buffer.alloc(IN_HEADER.size), body]);
    bytes.writeUInt32LE(bytes.length, IN_HEADER.at.len);
    bytes.writeUInt32LE(random.pick(opcodes), IN_HEADER.at.opcode);
    bytes.writeBigUInt64LE(BigInt(random.below(4)), IN_HEADER.at.nodeid);
    const request = new FuseRequest(bytes);
    if (!request.accept(bytes.length)) throw new Error('a whole request is not accepted');
    try {
      handlerOf(bytes.readUInt32LE(IN_HEADER.at.opcode))(session, request, new FuseReply());
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // too short: the transport answers EINVAL
    }
  };
}

const RECORD = JSON.stringify({
  ...{
    name: 'w',
    id: '0123456789abcdef',
    owner: { pid: 1, startTime: 2 },
    state: 'running',
    started: 3,
    lsm: 'selinux',
  },
  ...{ profile: 'talk', seccomp: true, command: ['sh'], madeDirectories: [], devices: ['0:42'] },
});
const SCOPE = { boot: 'b', pidNamespace: 'pid:[1]' };
const MEMBERS = JSON.stringify({ ...SCOPE, members: [[1, 2, 3]] });

function stateFiles(random: Random): Step {
  return () => {
    const text = Buffer.from(damaged(Buffer.from(random.pick([RECORD, MEMBERS])), random)).toString('utf8');
    parseRecord(text);
    try {
      parseMembers(text, SCOPE);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  };
}

/** A policy load, processes that change their labels, profiles, a sysctl: as it would be kept, a line each. */
function recordedLines(): string[] {
  const { stack } = createWorld({ lsm: 'selinux,apparmor,yama', policy: image('mini.33') });
  const lines: string[] = [];
  const recorded = recordStack(stack, (entry) => lines.push(eventToJson(entry)));
  const mounts = new MountTable();
  for (const [place, type] of [
    ['/selinux', 'selinuxfs'],
    ['/security', 'securityfs'],
  ] as const) {
    const filesystem = recorded.mount(type, KERNEL_CALLER);
    if (!failed(filesystem)) mounts.mount(place, filesystem);
  }
  mounts.mount('/proc', recorded.attrTree);
  mounts.mount('/sys', recorded.sysctlTree);
  const session = new FileSession(mounts);
  const write = (path: string, data: Uint8Array | string): void => {
    const fd = session.open(path, 1, 0, KERNEL_CALLER);
    if (failed(fd)) return;
    session.write(fd, Buffer.from(data), undefined, KERNEL_CALLER);
    session.close(fd);
  };
  stack.apply({ kind: 'enter', task: taskId(10) });
  stack.apply({ kind: 'fork', parent: tidOf(10), child: taskId(11), sharesMm: true });
  stack.apply({
    kind: 'exec',
    tid: tgidOf(11),
    file: {
      path: '/usr/bin/id',
      inode: inodeFacts({ filesystem: UNKNOWN_FILESYSTEM }),
      call: execCall({ argv: ['id'] }),
    },
  });
  stack.apply({ kind: 'sockets', tid: tidOf(11), sockets: [{ socket: 5, peer: 6, address: '/x' }] });
  write('/selinux/enforce', '1');
  write('/security/apparmor/.load', image('aa/simple.bin'));
  write('/sys/kernel/yama/ptrace_scope', '2');
  stack.apply({ kind: 'prctl', option: 0x59616d61, argument: 10, caller: { ...KERNEL_CALLER, ...taskId(11) } });
  stack.apply({ kind: 'exit', tid: tidOf(11) });
  return lines;
}

/** One value somewhere in it becomes another one. */
function otherValue(line: string, random: Random): string {
  const values = ['null', '-1', '4294967296', '1.5', '"x"', '[]', '{}', 'true', '{"$bigint":"9"}', '{"$bigint":"x"}'];
  const places = [...line.matchAll(/:("[^"]*"|-?\d+|true|false|\[|\{)/g)];
  const place = random.pick(places);
  const [, old = ''] = place;
  const at = place.index + 1;
  const length = old === '[' || old === '{' ? line.length - at : old.length;
  return line.slice(0, at) + random.pick(values) + line.slice(at + length);
}

function journal(random: Random): Step {
  const lines = recordedLines();
  return () => {
    const entries: LogEntry[] = [];
    for (const line of lines) {
      const changed = random.below(3);
      const bytes = changed === 1 ? damaged(Buffer.from(line), random) : Buffer.from(line);
      const text = changed === 2 ? otherValue(line, random) : Buffer.from(bytes).toString('utf8');
      try {
        entries.push(readLogEntry(text));
      } catch (error) {
        if (!(error instanceof JournalError)) throw error;
      }
    }
    replayLog(createWorld({ lsm: 'selinux,apparmor,yama' }).stack, entries);
  };
}

export const MEMORY_TARGETS: Readonly<Record<string, (random: Random) => Step>> = {
  policies,
  queries,
  apparmor,
  attr,
  dispatcher,
  'state-files': stateFiles,
  journal,
};
