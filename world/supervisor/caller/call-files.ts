/** Our own system calls on files, with what one supervised call has found out by them already (call-looks.ts). */
import { NR } from '../../../host/libc.ts';
import { processFile } from '../../../host/process/process-files.ts';
import { StatusFiles } from '../../../host/procfs/status-files.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { Tid } from '../../../linux/ids.ts';
import { STATFS } from '../../../linux/statfs.ts';
import { CallLooks, type FilesystemStatus } from './call-looks.ts';
import { DescriptorShortage } from './descriptor-shortage.ts';
import { type FileIdentity, OwnFiles } from './own-files.ts';

export class CallFiles extends OwnFiles {
  readonly shortage = new DescriptorShortage();
  readonly looks = new CallLooks();
  readonly #statusFiles = new StatusFiles();

  override openAt(directory: number, path: string, flags: number): number {
    return this.#opened(super.openAt(directory, path, flags));
  }

  override openAt2(directory: number, path: string, flags: number, resolve: number): number {
    return this.#opened(super.openAt2(directory, path, flags, resolve));
  }

  override duplicate(fd: number): number {
    return this.#opened(super.duplicate(fd));
  }

  override close(fd: number): void {
    this.looks.changed(fd);
    super.close(fd);
  }

  override identity(fd: number): FileIdentity | undefined {
    return this.looks.identity(fd, () => super.identity(fd));
  }

  /** Asked once for each mount in a call. */
  override filesystem(fd: number): FilesystemStatus {
    return this.looks.filesystem(this.identity(fd)?.mount, () => super.filesystem(fd));
  }

  /** `f_fsid`; 0 where it has none. */
  filesystemNumber(fd: number): bigint {
    return rawSyscall(NR.fstatfs, fd, this.resultAddress) < 0 ? 0n : this.resultView.getBigUint64(STATFS.FSID, true);
  }

  /** All of /proc/<tid>/status, which waits for nobody; `undefined` when there is no such thread. */
  readStatus(tid: Tid): string | undefined {
    return this.#statusFiles.read(tid);
  }

  /** The file /proc/<tid>/<name>, of any length; `undefined` when it cannot be read. */
  readProcess(tid: Tid, name: string): string | undefined {
    return processFile(tid, name);
  }

  #opened(fd: number): number {
    if (fd >= 0) this.looks.changed(fd);
    return this.shortage.note(fd);
  }
}
