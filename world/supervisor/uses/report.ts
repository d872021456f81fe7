/**
 * System calls that use the content of files: open(2) and its relatives, execve(2), mmap(2) of code, finit_module(2), kexec_file_load(2).
 *
 * Reported only when a module has asked for it. The decision is about the file that the path named when the call was
 * notified; the kernel looks it up again when it continues.
 */

import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  OPEN_HOW_SIZE,
} from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { KEXEC_FILE_UNLOAD } from '../../../linux/process.ts';
import { S_IFDIR } from '../../../linux/stat.ts';
import type { UseHook } from '../../../lsm/framework/files/file-use.ts';
import { mappingsIn } from '../access/mappings.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { FileMarks } from '../protocol/file-marks.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { type CallerRights, callerRights, mayAccess } from './caller-rights.ts';
import { type ExecutedProgram, execUses } from './exec-uses.ts';
import { NewFiles } from './new-files.ts';
import type { AskedAttributes, ReportedUse } from './reported-use.ts';
import { type AskedUse, SettledUses } from './settled-uses.ts';
import { type Used, UseLookup, type UseLookupContext, type UsePart } from './use-lookup.ts';
import { contentKey, statFile, usedFile } from './used-file.ts';

const { ENOENT } = ERRNO;

/** What the reporter needs of its worker. */
export interface ReporterContext extends UseLookupContext {
  readonly ask: Ask;
  readonly epoch: Epoch;
  readonly marks: FileMarks;
}

export class FileUseReporter {
  readonly #context: ReporterContext;
  readonly #lookup: UseLookup;
  readonly #newFiles: NewFiles;
  readonly #thread = rawSyscall(NR.gettid);
  readonly #settled: SettledUses;
  #uses: ReportedUse[] = [];
  /** For each use, in order: how its answer is remembered. */
  #asked: (AskedUse | undefined)[] = [];
  #caller: CallerRights | undefined;
  #executed: ExecutedProgram | undefined;

  constructor(context: ReporterContext) {
    this.#context = context;
    this.#lookup = new UseLookup(context);
    const { view, ask, epoch, marks } = context;
    this.#settled = new SettledUses(view, epoch, marks);
    this.#newFiles = new NewFiles(view, (fd, was) => {
      const stat = statFile(view, fd);
      if (stat === undefined) return;
      const { ino, uid, gid, mode } = stat;
      const key = contentKey(stat, view.filesystemMagic(fd, context.call.tid));
      ask({ kind: 'file-made', was, now: { key, ino, uid, gid, mode } });
    });
  }

  /** To be called before report(), which then does not look again, and closes the descriptor. */
  executes(program: ExecutedProgram): void {
    this.#executed = program;
    this.#lookup.keep(program.fd);
  }

  /** To be called when no handler has answered the current call: fails it, leaves it to a late answer, or does nothing. */
  report(): void {
    this.#begin();
    try {
      this.#collect();
      this.#ask();
    } finally {
      this.#lookup.close();
      this.#executed = undefined;
    }
  }

  /**
   * To be called before attributes are read that depend on the content of this file. The call may be left to a late answer,
   * which gives the caller what it asked for.
   */
  updateXattr(fd: number, asked: AskedAttributes): void {
    const { view, call, files, devices } = this.#context;
    const used = usedFile(view, files, devices, fd, call.tid);
    if (used === undefined) return;
    this.#begin();
    this.#add({ fd, ...used }, { hook: 'update-xattr', mask: 0 });
    this.#ask(asked);
  }

  #begin(): void {
    this.#uses = [];
    this.#asked = [];
    this.#caller = undefined;
  }

  /** Read once for each call that needs it. */
  get #rights(): CallerRights | undefined {
    this.#caller ??= callerRights(this.#context.view, this.#context.call.tid);
    return this.#caller;
  }

  /** Before truncate(2): brings the attribute up to date with what was written before. */
  #updateXattrAt(): void {
    const path = this.#lookup.path(0);
    const used = path === undefined ? undefined : this.#lookup.resolve(AT_FDCWD, path, 0);
    if (used !== undefined) this.#add(used, { hook: 'update-xattr', mask: 0 });
  }

  #collect(): void {
    const { call } = this.#context;
    const { number } = call;
    if (number === NR.openat) this.#open(call.fd(0), 1, call.low(2));
    else if (number === NR.open) this.#open(AT_FDCWD, 0, call.low(1));
    else if (number === NR.creat) this.#open(AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC);
    else if (number === NR.openat2) this.#openHow();
    else if (number === NR.execve) this.#exec(AT_FDCWD, 0, 0);
    else if (number === NR.execveat) this.#exec(call.fd(0), 1, call.low(4));
    else if (number === NR.mmap) this.#map(call.fd(4));
    else if (number === NR.mprotect || number === NR.pkey_mprotect) this.#protect();
    else if (number === NR.truncate) this.#updateXattrAt();
    else if (number === NR.finit_module) this.#byDescriptor(call.fd(0), 'module');
    else if (number === NR.kexec_file_load) this.#kexec(call.low(4));
  }

  #ask(asked?: AskedAttributes): void {
    const { call, ask } = this.#context;
    if (this.#uses.length === 0) return;
    const use = { tid: call.tid, id: call.id, thread: this.#thread, uses: this.#uses };
    const answer = ask({ kind: 'file-use', ...use, ...(asked && { asked }) });
    if (answer === undefined) return;
    for (const [index, settlement] of answer.settlements?.entries() ?? []) {
      const asked = this.#asked[index];
      if (asked !== undefined && settlement !== undefined) this.#settled.remember(asked, settlement);
    }
    if (answer.errno !== 0) call.fail(answer.errno);
    else if (answer.later === true) call.leave();
  }

  #openHow(): void {
    const { call, memory } = this.#context;
    if (memory.read(call.tid, call.low(2), call.high(2), OPEN_HOW_SIZE) < OPEN_HOW_SIZE) return;
    const how = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, OPEN_HOW_SIZE);
    this.#open(call.fd(0), 1, how.getUint32(0, true));
  }

  #open(dirfd: CallerFd, argument: number, flags: number): void {
    if ((flags & O_PATH) !== 0 || (flags & O_TMPFILE) === O_TMPFILE || (flags & O_DIRECTORY) !== 0) return;
    const { call } = this.#context;
    const path = this.#lookup.path(argument);
    const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
    const found = path === undefined ? -1 : this.#lookup.find(dirfd, path, flags & O_NOFOLLOW);
    if (found >= 0 && exclusive) return; // EEXIST
    this.#lookup.keep(found);
    const mode = flags & O_ACCMODE;
    const writes = mode !== 0;
    const reads = mode === 0 || mode === O_RDWR;
    const access = (reads ? MAY_READ : 0) | (writes ? MAY_WRITE : 0);
    const mask = access | ((flags & O_APPEND) === 0 ? 0 : MAY_APPEND);
    const part: UsePart = { hook: 'open', mask, writes, direct: (flags & O_DIRECT) !== 0 };
    if (found === -ENOENT && (flags & O_CREAT) !== 0 && path !== undefined) this.#create(dirfd, path, part);
    const asked = found < 0 ? undefined : this.#settled.ask(found, call.tid, part);
    if (found < 0 || asked === true) return;
    const used = this.#lookup.used(found, undefined);
    if (used !== undefined && mayAccess(this.#rights, used.file, access)) this.#add(used, part, asked);
  }

  #create(dirfd: CallerFd, path: string, part: UsePart): void {
    const { view, call, files, devices } = this.#context;
    const look = (directory: number) => usedFile(view, files, devices, directory, call.tid, { type: S_IFDIR })?.file;
    const file = this.#newFiles.expect(call.tid, dirfd, path, look);
    if (file !== undefined) this.#push({ ...part, created: true, file, descriptor: -1 });
  }

  #exec(dirfd: CallerFd, argument: number, flags: number): void {
    const { view } = this.#context;
    const executed = this.#executed;
    const path = executed === undefined ? this.#lookup.path(argument) : executed.name || undefined;
    const context = {
      lookup: this.#lookup,
      caller: this.#rights,
      head: (fd: number) => view.readFile(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '',
      add: (used: Used, part: UsePart) => this.#add(used, part),
    };
    execUses(context, dirfd, path, flags, executed);
  }

  /** To be called before each call is answered. @param tid its caller. */
  completeNew(tid: Tid): void {
    this.#newFiles.complete(tid);
  }

  /** Is there a new file that is still looked for without a call of its world? */
  get fresh(): boolean {
    return this.#newFiles.fresh;
  }

  close(): void {
    this.#newFiles.close();
  }

  #map(descriptor: CallerFd): void {
    const { view, call } = this.#context;
    const fd = view.openDescriptor(call.tid, descriptor);
    if (fd < 0) return;
    this.#lookup.keep(fd);
    const info = view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${descriptor}`) ?? '';
    const flags = Number.parseInt(/^flags:\t([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
    const writes = (flags & O_ACCMODE) !== 0;
    const direct = (flags & O_DIRECT) !== 0;
    const parts = (['mmap-requested', 'mmap'] as const).map((hook) => ({ hook, mask: MAY_EXEC, writes, direct }));
    const asked = parts.map((part) => this.#settled.ask(fd, call.tid, part));
    if (asked.every((answer) => answer === true)) return;
    const used = this.#lookup.used(fd, undefined);
    if (used === undefined) return;
    for (const [index, part] of parts.entries()) {
      const answer = asked[index];
      this.#add(used, part, answer === true ? undefined : answer);
    }
  }

  /** Each file of the range, whatever its name means by now. */
  #protect(): void {
    const { call, view } = this.#context;
    const long = (argument: number): bigint => (BigInt(call.high(argument)) << 32n) | BigInt(call.low(argument));
    const start = long(0);
    const files = new Set<string>();
    for (const mapping of mappingsIn(view.readProcess(call.tid, 'maps') ?? '', start, start + long(1))) {
      const { executable, file, range } = mapping;
      if (executable || file === undefined || files.has(`${file.device} ${file.ino}`)) continue;
      files.add(`${file.device} ${file.ino}`);
      const used = this.#lookup.look(view.openMapping(call.tid, range, file));
      if (used !== undefined) this.#add(used, { hook: 'mprotect', mask: MAY_EXEC });
    }
  }

  #kexec(flags: number): void {
    if ((flags & KEXEC_FILE_UNLOAD) === 0) this.#byDescriptor(this.#context.call.fd(0), 'kexec-kernel');
  }

  #byDescriptor(descriptor: CallerFd, hook: UseHook): void {
    const used = this.#lookup.descriptor(descriptor);
    if (used !== undefined) this.#add(used, { hook, mask: MAY_READ });
  }

  #add({ fd, file }: Used, part: UsePart, asked?: AskedUse): void {
    this.#push({ ...part, file, descriptor: fd }, asked);
  }

  #push(use: ReportedUse, asked?: AskedUse): void {
    this.#uses.push(use);
    this.#asked.push(asked);
  }
}
