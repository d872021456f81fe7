import type { MountOptionNames } from '../../lsm/framework/files/inode.ts';
import type { MediatorInit } from './access/mediator.ts';
import type { AuditedNumbers } from './protocol/audited-numbers.ts';
import type { DeviceTable } from './protocol/devices.ts';
import type { Epoch } from './protocol/epoch.ts';
import type { FileMarks } from './protocol/file-marks.ts';
import type { ProgramAnnouncements } from './protocol/program-announcements.ts';
import type { SharedFlag } from './protocol/shared-flag.ts';

/** LSMFS_FAST_PATH */
export const FAST_PATH_MODES = ['on', 'off', 'verify'] as const;
export type FastPathMode = (typeof FAST_PATH_MODES)[number];

/**
 * Constant settings of a world for its supervisor threads. The same type in the daemon, in the message, and in the
 * thread: it survives a structured clone.
 */
export interface SupervisorSettings {
  /** Filesystem types that the stack provides. */
  readonly types: ReadonlySet<string>;
  /** Those of them that administrators of user namespaces may mount. */
  readonly namespacedTypes: ReadonlySet<string>;
  /** Device name of the world's mounts. */
  readonly source: string;
  /** The emulated kernel has audit. */
  readonly hasAudit: boolean;
  /** Directories that every sysfs of the world has, `fs/selinux`. */
  readonly sysDirectories: readonly string[];
  /** Label options of mounts, that modules take for themselves. */
  readonly mountOptions: MountOptionNames;
  /** Names in /proc/self/attr of the host; stat(2) of these is left to the host. */
  readonly hostAttrNames: ReadonlySet<string>;
  /** Topmost names below /proc/sys that the host lacks. */
  readonly missingSysctls: readonly string[];
  /** Process tracking has to be told who makes requests (method `notifications`). */
  readonly announces: boolean;
  /** Security attributes of ordinary files that modules decide about. */
  readonly xattrNames: readonly string[];
  /** Those whose changes they are asked about while they guard metadata, besides. */
  readonly guardedXattrs: readonly string[];
  /** Those of them that depend on the content of the file. */
  readonly contentXattrs: ReadonlySet<string>;
  /** Attributes that a module of the host's kernel decides about, too. */
  readonly hostXattrNames: readonly string[];
  /** Modules give ordinary files labels. */
  readonly labelsFiles: boolean;
  /** Modules decide about programs that are executed. */
  readonly checksExec: boolean;
  /** Modules decide by the arguments of a program, and by the symbolic link it is called by. */
  readonly wantsExecDetails: boolean;
  /** Absent = no mediation of system calls. */
  readonly mediation?: MediatorInit;
  /** `verify`: what the fast path lets go on is decided by the handlers, too. */
  readonly fastPathMode: FastPathMode;
}

/** State that the daemon and all its supervisor threads share. */
export interface SharedFacts {
  readonly devices: DeviceTable;
  /** Unset = no policy can have been loaded: no module labels files or decides about system calls. */
  readonly ruling: SharedFlag;
  readonly epoch: Epoch;
  readonly marks: FileMarks;
  /** Unset = no module asks for uses of files. */
  readonly watching: SharedFlag;
  /** Unset = no module guards metadata of files. */
  readonly guarding: SharedFlag;
  /** Unset = no program has opened an audit socket. */
  readonly auditing: SharedFlag;
  readonly announcements: ProgramAnnouncements;
  readonly audited: AuditedNumbers;
}

/** The shared memory of each, which can be sent to a thread. */
export type SharedMemory = Readonly<Record<keyof SharedFacts, SharedArrayBuffer>>;
