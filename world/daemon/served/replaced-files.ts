/** What stands in for files of the host (stand-ins.ts), by kind: the kernel's log, mount tables, files of audit, keys. */
import type { Result } from '../../../linux/errno.ts';
import { hasSyslog, maySyslog } from '../../../lsm/framework/syslog.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { FileNode, Handle } from '../../../vfs/tree/node.ts';
import { logFiles } from '../../kernel-files/kmsg/files.ts';
import { Syslog } from '../../kernel-files/kmsg/syslog.ts';
import type { MountTableFacts } from '../../kernel-files/mount-table/emulated.ts';
import { isMountTable, openMountTable } from '../../kernel-files/mount-table/file.ts';
import { MountWatch } from '../../kernel-files/mount-table/watch.ts';
import type { StandInKind } from '../../kernel-files/on-behalf.ts';
import type { AuditCallsHost } from '../audit/audit-calls.ts';
import { isContainerFile, openContainerFile } from '../audit/container-files.ts';
import { isLoginFile, openLoginFile } from '../audit/login-files.ts';
import { dmesgIsRestricted } from '../facts/host-kernel.ts';
import type { DaemonLog } from '../log.ts';
import { openKeyList } from './key-list.ts';
import type { KeptLabels } from './superblock-labels.ts';

export interface ReplacedFilesInit {
  readonly auditHost: AuditCallsHost;
  readonly kernelLog: DaemonLog['kernel'];
  readonly superblocks: KeptLabels;
  /** Device name of the world's mounts. */
  readonly source: string;
}

export class ReplacedFiles {
  readonly syslog: Syslog;
  readonly #auditHost: AuditCallsHost;
  readonly #logFiles: ReadonlyMap<string, FileNode>;
  readonly #mountTable: MountTableFacts;
  readonly #mountWatch = new MountWatch();

  constructor({ auditHost, kernelLog, superblocks, source }: ReplacedFilesInit) {
    const { stack } = auditHost;
    this.#auditHost = auditHost;
    this.syslog = new Syslog(kernelLog.ring, {
      now: kernelLog.now,
      restricted: dmesgIsRestricted,
      privileged: (caller) => hasSyslog(stack, caller),
      allowed: (action, caller) => maySyslog(stack, action, caller),
    });
    this.#logFiles = logFiles(this.syslog);
    this.#mountTable = mountTableFacts(stack, superblocks, source);
  }

  /** @param file a link of procfs to the one of the host. @returns `undefined`: there is no such kind. */
  open(kind: StandInKind, file: string, flags: number, opener: Caller): Result<Handle> | undefined {
    if (kind === 'keys') return openKeyList(this.#auditHost.stack.keys, opener);
    if (isLoginFile(kind)) return openLoginFile(this.#auditHost, kind, file);
    if (isContainerFile(kind)) {
      return this.#auditHost.stack.audit.status.hasContainers
        ? openContainerFile(this.#auditHost, kind, file)
        : undefined;
    }
    if (!isMountTable(kind)) return this.#logFiles.get(kind)?.open(flags, opener);
    return openMountTable(kind, file, this.#mountTable, this.#mountWatch);
  }
}

function mountTableFacts(stack: Stack, superblocks: KeptLabels, source: string): MountTableFacts {
  return {
    source,
    types: stack.filesystems.types,
    securityOptions: (type, device, reader) => {
      const labels = superblocks.options(device);
      return stack.files.showOptions({ type, id: type, ...(labels && { labels }) }, reader);
    },
  };
}
