/**
 * Parses the log of a stack: a line of JSON (vfs/recorder/events.ts) is an entry only when all its members have the
 * expected types.
 */
import * as v from 'valibot';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { eventFromJson, type VfsEvent } from '../../vfs/recorder/events.ts';
import type { StackEvent } from './events.ts';
import type { LogEntry } from './journal.ts';

/** Thrown for an invalid line. */
export class JournalError extends Error {}

const integer = v.pipe(v.number(), v.safeInteger());
const tid = v.pipe(integer, v.transform(tidOf));
const tgid = v.pipe(integer, v.transform(tgidOf));
const text = v.string();
const flag = v.boolean();
const texts = v.record(v.string(), v.string());
const optional = v.exactOptional;

const idRange = v.object({ inside: integer, first: integer, count: integer });
const userNamespace = optional(
  v.object({
    ...{ id: integer, ancestors: v.array(integer) },
    ...{ rootUid: optional(integer), rootGid: optional(integer) },
    ...{ uids: optional(v.array(idRange)), gids: optional(v.array(idRange)) },
  }),
);
const caller = v.object({
  ...{ tid, tgid, uid: integer, gid: integer, groups: v.array(integer) },
  userNamespace,
  ...{ capabilities: v.bigint(), comm: text, noNewPrivs: optional(flag) },
});

const on = { filesystem: text, path: text, caller };
const change = v.object({
  ...{ mode: optional(integer), uid: optional(integer), gid: optional(integer), size: optional(integer) },
  ...{
    atime: optional(v.bigint()),
    mtime: optional(v.bigint()),
    ctime: optional(v.bigint()),
    timesAreNow: optional(flag),
  },
});
const kind = v.literal;

const vfsEvent: v.GenericSchema<unknown, VfsEvent> = v.variant('kind', [
  v.object({ ...on, kind: kind('open'), handle: integer, flags: integer }),
  v.object({ ...on, kind: kind('create'), name: text, handle: integer, flags: integer, mode: integer }),
  v.object({ kind: kind('write'), handle: integer, offset: integer, mayContinue: optional(flag), data: text, caller }),
  v.object({ kind: kind('release'), handle: integer }),
  v.object({ ...on, kind: kind('set_attributes'), change }),
  v.object({ ...on, kind: kind('setxattr'), name: text, value: text, flags: integer }),
  v.object({ ...on, kind: kind('removexattr'), name: text }),
  v.object({ ...on, kind: kind('mkdir'), name: text, mode: integer }),
  v.object({ ...on, kind: kind('mknod'), name: text, mode: integer, rdev: integer }),
  v.object({ ...on, kind: kind('symlink'), name: text, target: text }),
  v.object({ ...on, kind: kind('link'), name: text, existing: text }),
  v.object({ ...on, kind: kind('unlink'), name: text }),
  v.object({ ...on, kind: kind('rmdir'), name: text }),
  v.object({ ...on, kind: kind('rename'), name: text, to: text, newName: text, flags: integer }),
]);

const task = v.object({ tid, tgid });
const inode = v.object({
  class: v.picklist(['file', 'dir', 'lnk_file', 'chr_file', 'blk_file', 'sock_file', 'fifo_file', 'anon_inode']),
  filesystem: v.object({ type: text, id: text, labels: optional(texts) }),
  ...{ path: text, entry: optional(text), ino: integer, uid: integer, gid: integer, xattrs: texts },
  ...{
    owner: optional(integer),
    process: optional(tid),
    defaultContext: optional(text),
    anonymous: optional(text),
    substitute: optional(flag),
    unlisted: optional(flag),
  },
});
const fileFacts = v.object({ path: text, device: text, mode: integer, inode });
const openDescriptor = v.object({ descriptor: integer, identity: text, nameless: optional(integer) });
const execCall = v.object({
  ...{ filename: text, deleted: flag, disconnected: flag, nosuid: flag, interpreters: v.array(fileFacts) },
  ...{ noNewPrivs: flag, fsuid: integer, tracer: optional(tid) },
  ...{ linkPath: optional(text), argv: optional(v.array(text)), mapped: optional(v.array(integer)) },
  loader: optional(v.object({ file: fileFacts, mapped: v.array(integer) })),
  inherited: optional(v.array(v.object({ file: fileFacts, flags: integer, descriptor: optional(openDescriptor) }))),
});
const execFile = v.object({
  path: text,
  device: optional(text),
  mode: optional(integer),
  inode: optional(inode),
  call: optional(execCall),
});
const ids = v.object({
  ...{ uid: integer, euid: integer, suid: integer, fsuid: integer },
  ...{ gid: integer, egid: integer, sgid: integer, fsgid: integer },
});
const usedFile = v.object({
  ...fileFacts.entries,
  superblock: v.object({ magic: integer, uuid: optional(text) }),
  content: v.object({
    ...{ key: text, generation: optional(integer), size: integer, mtime: text, ctime: text },
    ...{ writers: flag, openers: flag, digests: texts },
  }),
});
const hooks = ['open', 'exec', 'creds', 'mmap-requested', 'mmap', 'mprotect', 'module', 'firmware'] as const;
const fileUse = v.object({
  hook: v.picklist([...hooks, 'kexec-kernel', 'kexec-initramfs', 'policy', 'update-xattr', 'made']),
  ...{ mask: integer, writes: optional(flag), created: optional(flag), was: optional(text), direct: optional(flag) },
  ...{ program: optional(v.object({ comm: text, exe: text })), ids: optional(ids), file: usedFile },
});

const accessedKey = v.union([
  v.object({ ring: v.picklist(['thread', 'process', 'session']) }),
  v.object({ name: text, serial: optional(integer) }),
]);

const stackEvent: v.GenericSchema<unknown, StackEvent> = v.variant('kind', [
  v.object({ kind: kind('enter'), task }),
  v.object({ kind: kind('fork'), parent: tid, child: task, sharesMm: optional(flag) }),
  v.object({ kind: kind('exec'), tid: tgid, formerTid: optional(tid), file: optional(execFile) }),
  v.object({ kind: kind('exit'), tid }),
  v.object({ kind: kind('user-namespace'), task, userNamespace }),
  v.object({
    ...{ kind: kind('sockets'), tid },
    sockets: v.array(v.object({ socket: integer, peer: integer, address: optional(text) })),
  }),
  v.object({
    ...{ kind: kind('descriptors'), tid },
    open: v.array(openDescriptor),
  }),
  v.object({
    ...{ kind: kind('ipc'), tid, namespace: integer, type: v.picklist(['shm', 'msg', 'sem']) },
    made: v.array(v.object({ id: integer, key: integer, uid: integer, process: optional(tgid) })),
    gone: v.array(integer),
    making: optional(v.object({ key: integer, uid: integer, alone: flag })),
  }),
  v.object({
    ...{ kind: kind('maker-note'), tid, object: text, numbered: optional(v.literal(true)) },
    ...{ from: optional(text), user: optional(text) },
  }),
  v.object({
    ...{ kind: kind('key-note'), tid },
    note: v.variant('made', [
      v.object({ made: kind('ring'), ring: v.picklist(['thread', 'process']) }),
      v.object({ made: kind('session'), name: optional(text) }),
      v.object({ made: kind('parent-session'), parent: integer }),
      v.object({ made: kind('key'), name: text, into: optional(accessedKey) }),
      v.object({ made: kind('seen'), name: text, serial: integer, hidden: optional(flag) }),
      v.object({ made: v.picklist(['link', 'unlink']), key: accessedKey, ring: optional(accessedKey) }),
      v.object({ made: kind('clear'), ring: accessedKey }),
    ]),
  }),
  v.object({
    kind: kind('lsm_set_self_attr'),
    attr: integer,
    ctx: optional(text),
    size: integer,
    flags: integer,
    caller,
  }),
  v.object({ kind: kind('lsm_unshare'), ctx: optional(text), size: integer, flags: integer, caller }),
  v.object({ kind: kind('prctl'), option: integer, argument: integer, caller }),
  v.object({
    kind: kind('key'),
    change: v.variant('call', [
      v.object({ call: kind('add'), type: text, description: text, payload: text, ring: integer }),
      v.object({ call: kind('added'), type: text, payload: text, ring: text }),
      v.object({ call: kind('control'), operation: integer, first: integer, second: integer }),
    ]),
    caller,
  }),
  v.object({ kind: kind('encrypted-key'), description: text, payload: text }),
  v.object({ kind: kind('mount'), type: text, task, userNamespace }),
  v.object({ kind: kind('released'), type: text, instance: integer }),
  v.object({
    kind: kind('file-use'),
    context: v.object({ caller, task: v.object({ ids, ppid: integer, tty: text, exe: text }) }),
    uses: v.array(fileUse),
  }),
  v.object({ kind: kind('reset') }),
  v.object({ kind: kind('tpm-lost') }),
  v.object({ kind: kind('tpm-registers'), registers: v.record(v.string(), v.array(text)) }),
  v.object({ kind: kind('file-read'), serial: integer, content: optional(text), errno: optional(integer) }),
]);

const entry: v.GenericSchema<unknown, LogEntry> = v.variant('source', [
  v.object({ source: v.literal('stack'), event: stackEvent }),
  v.object({ source: v.literal('vfs'), event: vfsEvent }),
]);

/** The inverse of eventToJson(), for entries. @throws JournalError for a line that is none, with what is wrong. */
export function readLogEntry(line: string): LogEntry {
  let value: unknown;
  try {
    value = eventFromJson(line);
  } catch (error) {
    throw new JournalError(error instanceof Error ? error.message : String(error));
  }
  const read = v.safeParse(entry, value);
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw new JournalError(`${v.getDotPath(issue) ?? 'entry'}: ${issue.message}`);
}
