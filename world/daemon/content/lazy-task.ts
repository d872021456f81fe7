/** Facts of a task that uses files, each read from /proc when it is used: most are for audit records only. */
import { processFile, processLink } from '../../../host/process/process-files.ts';
import { terminalName } from '../../../host/procfs/stat.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { AuditTask, TaskIds } from '../../../lsm/framework/files/file-use.ts';
import type { ThreadStatus } from '../facts/thread-status.ts';

interface StatusSource {
  status(tid: Tid): ThreadStatus | undefined;
}

export class LazyTask implements AuditTask {
  readonly #tid: Tid;
  readonly #host: StatusSource;
  /** Text of /proc/<tid>/stat. */
  #stat: string | undefined;

  constructor(tid: Tid, host: StatusSource) {
    this.#tid = tid;
    this.#host = host;
  }

  get ids(): TaskIds {
    const status = this.#host.status(this.#tid);
    const [uid = 0, euid = 0, suid = 0, fsuid = 0] = status?.uids ?? [];
    const [gid = 0, egid = 0, sgid = 0, fsgid = 0] = status?.gids ?? [];
    return { uid, euid, suid, fsuid, gid, egid, sgid, fsgid };
  }

  get ppid(): number {
    return this.#host.status(this.#tid)?.parent ?? 0;
  }

  get tty(): string {
    return terminalName(this.#text());
  }

  get exe(): string {
    return processLink(this.#tid, 'exe') ?? '';
  }

  /** Events are serialised. */
  toJSON(): AuditTask {
    const { ids, ppid, tty, exe } = this;
    return { ids, ppid, tty, exe };
  }

  #text(): string {
    this.#stat ??= processFile(this.#tid, 'stat') ?? ''; // It has ended, or is held.
    return this.#stat;
  }
}
