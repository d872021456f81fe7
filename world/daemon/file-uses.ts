/**
 * Uses of files that the supervisor's threads report: what must be known of the content is found out, then the stack decides.
 *
 * Model: a thread tells of a use before it happens and holds the caller. When no digest is missing the answer is there at once; otherwise the
 * caller waits alone, and is answered when the file has been read.
 */
import { constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { AuditTask, FileUse, TaskIds, UseContext } from '../../lsm/core/file-use.ts';
import type { Stack } from '../../lsm/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { failed } from '../../vfs/errno.ts';
import { STAT, statField } from '../procfs/stat.ts';
import type { FileUseQuestion, ReportedUse } from '../supervisor/uses/question.ts';
import type { DigestRequest, FileDigests } from './digests.ts';
import type { ThreadStatus } from './process-facts.ts';

export interface FileUseHost {
  readonly stack: Stack;
  readonly digests: FileDigests;
  status(tid: number): ThreadStatus | undefined;
}

/** A positive errno, or 0. */
export type Verdict = number;

export class FileUseDesk {
  readonly #host: FileUseHost;

  constructor(host: FileUseHost) {
    this.#host = host;
  }

  /** The verdict, or a promise of it, which never rejects. Files are open before this returns. */
  decide(question: FileUseQuestion, caller: Caller): Verdict | Promise<Verdict> {
    const { stack, digests } = this.#host;
    const context: UseContext = { caller, task: new LazyTask(caller.tid, this.#host) };
    const wanted = question.uses.flatMap((use) => {
      const names = stack.uses.needs(fileUse(use, {}), context);
      return names === undefined ? [] : [{ use, request: requestFor(use, names, question.thread) }];
    });
    if (wanted.length === 0) return 0;
    const known = wanted.map(({ request }) => (request.algorithms.length === 0 ? {} : digests.known(request)));
    if (known.every((table) => table !== undefined)) {
      return this.#apply(
        wanted.map(({ use }, index) => fileUse(use, known[index] ?? {})),
        context,
      );
    }
    const tables = wanted.map(({ request }, index) => known[index] ?? digests.compute(request));
    return Promise.all(tables).then((found) =>
      this.#apply(
        wanted.map(({ use }, index) => fileUse(use, found[index] ?? {})),
        context,
      ),
    );
  }

  #apply(uses: readonly FileUse[], context: UseContext): Verdict {
    const result = this.#host.stack.apply({ kind: 'file-use', uses, context });
    return failed(result) ? result.number : 0;
  }
}

function fileUse({ descriptor: _descriptor, ...use }: ReportedUse, digests: Readonly<Record<string, string>>): FileUse {
  return { ...use, file: { ...use.file, digests } };
}

function requestFor({ file, descriptor }: ReportedUse, algorithms: readonly string[], thread: number): DigestRequest {
  return {
    key: file.key,
    version: `${file.mtime} ${file.ctime} ${file.size}`,
    size: file.size,
    algorithms,
    changing: file.writers,
    open: () => reopen(`/proc/self/task/${thread}/fd/${descriptor}`),
  };
}

function reopen(link: string): number {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return openSync(link, flags | constants.O_NOATIME);
  } catch {
    try {
      return openSync(link, flags); // it belongs to somebody else
    } catch {
      return -1;
    }
  }
}

/** Major numbers of pseudo-terminals (UNIX98 slaves). */
const PTS_MAJOR = 136;
const TTY_MAJOR = 4;

/** Most of it is only read for audit records. */
class LazyTask implements AuditTask {
  readonly #tid: number;
  readonly #host: FileUseHost;
  /** Text of /proc/<tid>/stat. */
  #stat: string | undefined;

  constructor(tid: number, host: FileUseHost) {
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
    return Number(this.#field(STAT.parent) ?? 0);
  }

  /** tty_name() of a driver without a number before it: `pts0`, `tty1`. */
  get tty(): string {
    const device = Number(this.#field(STAT.terminal) ?? 0);
    if (device === 0) return '(none)';
    const major = (device >> 8) & 0xfff;
    const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
    return major >= PTS_MAJOR && major < PTS_MAJOR + 8 ? `pts${minor}` : major === TTY_MAJOR ? `tty${minor}` : '(none)';
  }

  get exe(): string {
    try {
      return readlinkSync(`/proc/${this.#tid}/exe`);
    } catch {
      return '';
    }
  }

  /** Events are serialised. */
  toJSON(): AuditTask {
    const { ids, ppid, tty, exe } = this;
    return { ids, ppid, tty, exe };
  }

  #field(number: Parameters<typeof statField>[1]): string | undefined {
    if (this.#stat === undefined) {
      try {
        this.#stat = readFileSync(`/proc/${this.#tid}/stat`, 'latin1');
      } catch {
        this.#stat = ''; // It is gone.
      }
    }
    return statField(this.#stat, number);
  }
}
