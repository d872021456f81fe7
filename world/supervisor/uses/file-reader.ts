/**
 * Reads a file of the host for a task, as kernel_read_file_from_path() does: from the root of the task and with its rights.
 *
 * It may be any name that the task has made up. So only regular files are opened, on filesystems that cannot block us, and
 * no more is read than {@link MOST_BYTES}.
 */
import { readSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { MAY_READ } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { LookUp } from '../../../lsm/framework/audit/paths.ts';
import type { UseHook } from '../../../lsm/framework/files/file-use.ts';
import { CallerView } from '../caller/caller-view.ts';
import { FileInspector } from '../caller/file-inspector.ts';
import { Hazards } from '../caller/hazards.ts';
import { HostAudit } from '../caller/host-audit.ts';
import { PidNamespaces } from '../caller/pid-namespaces.ts';
import { lookUpRulePath } from '../caller/rule-path.ts';
import { DeviceTable } from '../protocol/devices.ts';
import type { ReportedUse } from './reported-use.ts';
import { usedFile } from './used-file.ts';

const { EAGAIN, EFBIG, EINVAL, EIO, ETXTBSY } = ERRNO;
/** A kernel takes files of up to 2 GiB. */
const MOST_BYTES = 4 << 20;

/** What all reads of a world have in common. */
export interface FileReaderSettings {
  /** Of the DeviceTable. */
  readonly devices: SharedArrayBuffer;
  /** Security attributes of ordinary files that modules decide about, and those of them that the host's decide about, too. */
  readonly xattrNames: readonly string[];
  readonly hostXattrNames: readonly string[];
}

export interface ReadOrder {
  readonly kind: 'read';
  readonly settings: FileReaderSettings;
  /** Waits until it is answered. */
  readonly tid: Tid;
  readonly path: string;
  /** What the file is read for. */
  readonly hook: UseHook;
}

/** Paths in rules of audit that a task gives. */
export interface LookOrder {
  readonly kind: 'look';
  readonly settings: FileReaderSettings;
  /** Waits until it is answered. */
  readonly tid: Tid;
  readonly paths: readonly string[];
}

export interface ReadReport {
  /** Positive; 0 = it was read. */
  readonly errno: number;
  readonly content: Uint8Array;
  /** What was done to get there, to be decided about before the content, or the error, counts. */
  readonly uses: readonly ReportedUse[];
  /** In whose descriptor table the file is open until {@link FileReader.release}. */
  readonly thread: number;
}

const NOTHING = new Uint8Array(0);

export class FileReader {
  readonly #view: CallerView;
  readonly #devices: DeviceTable;
  readonly #files: FileInspector;
  readonly #thread = rawSyscall(NR.gettid);
  #open = -1;

  /** To be made in a thread with a descriptor table of its own. */
  constructor({ devices, xattrNames, hostXattrNames }: FileReaderSettings) {
    this.#devices = new DeviceTable(devices);
    this.#view = new CallerView(new Hazards(this.#devices, new HostAudit()));
    const namespaces = new PidNamespaces(this.#view, process.pid);
    this.#files = new FileInspector(this.#view, this.#devices, namespaces, xattrNames, hostXattrNames);
  }

  read({ tid, path, hook }: ReadOrder): ReadReport {
    const view = this.#view;
    view.forget();
    const fd = view.resolveForCaller(tid, AT_FDCWD, path, 0);
    if (fd < 0) return this.#failure(fd === -EAGAIN ? EIO : -fd);
    this.#open = fd;
    if (!view.mayAsk(fd, tid)) return this.#failure(EIO);
    const refused = view.permits(tid, fd, MAY_READ);
    if (refused < 0) return this.#failure(-refused);
    const used = usedFile(view, this.#files, this.#devices, fd, tid);
    if (used === undefined) return this.#failure(EINVAL);
    const { file } = used;
    const opened: ReportedUse = { hook: 'open', mask: MAY_READ, file, descriptor: fd };
    if (file.content.writers) return this.#failure(ETXTBSY, [opened]);
    if (file.content.size === 0) return this.#failure(EINVAL, [opened]);
    if (file.content.size > MOST_BYTES) return this.#failure(EFBIG, [opened]);
    const content = this.#content(fd, file.content.size);
    if (content === undefined) return this.#failure(EIO, [opened]);
    return { errno: 0, content, uses: [opened, { ...opened, hook }], thread: this.#thread };
  }

  look({ tid, paths }: LookOrder): LookUp[] {
    this.#view.forget();
    return paths.map((path) => lookUpRulePath(this.#view, tid, path));
  }

  /** Closes the file that was read. */
  release(): void {
    if (this.#open >= 0) this.#view.close(this.#open);
    this.#open = -1;
  }

  /** @returns `undefined` where it is shorter than it was. */
  #content(fd: number, size: number): Uint8Array | undefined {
    const opened = this.#view.openAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`, O_NONBLOCK);
    if (opened < 0) return undefined;
    const content = Buffer.alloc(size);
    try {
      let at = 0;
      for (let count = 1; count > 0 && at < size; at += count) count = readSync(opened, content, at, size - at, at);
      return at === size ? content : undefined;
    } catch {
      return undefined;
    } finally {
      this.#view.close(opened);
    }
  }

  #failure(errno: number, uses: readonly ReportedUse[] = []): ReadReport {
    return { errno, content: NOTHING, uses, thread: this.#thread };
  }
}
