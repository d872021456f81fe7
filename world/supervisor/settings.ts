import type { MountOptionNames } from '../../lsm/framework/files/inode.ts';
import type { MediatorInit } from './access/mediator.ts';
import type { DeviceTable } from './protocol/devices.ts';
import type { Epoch } from './protocol/epoch.ts';
import type { SharedFlag } from './protocol/shared-flag.ts';

/**
 * What a supervisor's thread is told of its world, once and for good. The same object in the daemon, on its way to the
 * thread, and there: it survives a structured clone.
 */
export interface SupervisorSettings {
  /** Filesystem types that the stack provides. */
  readonly types: ReadonlySet<string>;
  /** Device name of the world's mounts. */
  readonly source: string;
  /** Directories that every sysfs of the world has, `fs/selinux`. */
  readonly sysDirectories: readonly string[];
  /** Label options of mounts, that modules take for themselves. */
  readonly mountOptions: MountOptionNames;
  /** Names in /proc/self/attr of the host: what is there, the host can stat. */
  readonly hostAttrNames: ReadonlySet<string>;
  /** Topmost names below /proc/sys that the host lacks. */
  readonly missingSysctls: readonly string[];
  /** Process tracking has to be told who makes requests (method `notifications`). */
  readonly announces: boolean;
  /** Security attributes of ordinary files that modules decide about. */
  readonly xattrNames: readonly string[];
  /** Those of them that follow the content of files. */
  readonly contentXattrs: ReadonlySet<string>;
  /** Those that a module of the host's kernel decides about, too. */
  readonly hostXattrNames: readonly string[];
  /** Modules give ordinary files labels. */
  readonly labelsFiles: boolean;
  /** Modules decide about programs that are executed. */
  readonly checksExec: boolean;
  /** They look at arguments, and at the symbolic link that a program is called by. */
  readonly wantsExecDetails: boolean;
  /** Absent = what system calls do is not decided by the modules. */
  readonly mediation?: MediatorInit;
}

/** What the daemon and all its supervisor's threads see change. */
export interface SharedFacts {
  readonly devices: DeviceTable;
  /** Unset = no module labels files yet. */
  readonly labelling: SharedFlag;
  readonly epoch: Epoch;
  /** Unset = no module wants to know how files are used. */
  readonly watching: SharedFlag;
}

/** The memory behind each, which is what a thread can be given. */
export type SharedMemory = Readonly<Record<keyof SharedFacts, SharedArrayBuffer>>;
