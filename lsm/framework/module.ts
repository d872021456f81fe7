/**
 * The contract between a security module and the framework.
 *
 * A module declares itself (ModuleDefinition), is created at boot if the ordering rules admit it, and from then on is
 * called only through its hooks (hook-table.ts) and its filesystems. Modules never import each other; the framework
 * never names one.
 */

import type { InodeNumbers } from '../../vfs/pseudo/index.ts';
import type { Directory, DirectoryEntry } from '../../vfs/tree/node.ts';
import type { BootConfig } from './config.ts';
import type { Digests } from './facts.ts';
import type { MountOptionNames } from './files/inode.ts';
import type { ListTold } from './files/measurement-list.ts';
import type { FilesystemType, MakeOwnEntries } from './filesystem-type.ts';
import type { Hooks } from './hook-table.ts';
import type { ModuleInspection } from './inspection/inspection.ts';
import type { RefusalAbout } from './inspection/refusal.ts';
import type { RefusalAsked, WhyProblem, WhyRequest, WhyTold } from './inspection/why.ts';
import type { LabelCarrier } from './labels/label-carrier.ts';
import type { ModuleFacts } from './module-facts.ts';
import type { ModuleHost } from './module-host.ts';
import type { PolicyImages } from './policy-image.ts';
import type { OwnAttrFile } from './proc/attr-file.ts';
import type { Task } from './task.ts';

export interface ModuleDefinition extends ModuleFacts {
  /** Its own enable switch (`selinux=0`); absent = always enabled. */
  enabled?(config: BootConfig): boolean;
  /** Absent = known but not implemented here: it takes part in ordering and does nothing. */
  create?(host: ModuleHost): Module;
  /** /sys/module/<name> of a kernel that has the module compiled in but does not run it. Absent = there is no such directory. */
  inactiveParameters?(numbers: InodeNumbers, time: bigint): Directory;
  /** Absent = its policy is no image that a stack could boot with. */
  readonly policyImages?: PolicyImages;
  /** The file that images of profiles are written to, by its filesystem and path. Absent = it has no profiles. */
  readonly profilesNode?: { readonly filesystem: string; readonly path: readonly string[] };
  /** As `explain` of {@link Module}, by a file with a policy. @param name the file's, for people. */
  explainFile?(image: Uint8Array, name: string, request: WhyRequest): WhyTold | WhyProblem;
  /** Takes a measurement list in binary form apart. @param verify also computes its digests, and the registers that attest it. */
  readMeasurementList?(list: Uint8Array, verify: boolean, digests: Digests): ListTold | WhyProblem;
  /**
   * What to ask about a refusal, or about an access that only permissive mode let through, that an audit record tells
   * of. `undefined`: the record is none of this module's, or of no refusal; a problem: nobody can be asked about it.
   * @param type of the record, by libaudit's name; of a record that a module keeps itself, the module's name.
   * @param text without type and stamp; bytes as characters.
   */
  refusal?(type: string, text: string): RefusalAsked | undefined;
  /** What such a record is about, for modules that record refusals. Parameters as of `refusal`. */
  refusalAbout?(type: string, text: string): RefusalAbout | undefined;
}

export interface Module {
  readonly hooks: Hooks;
  /** Security attributes of ordinary files that it decides about; one that ends with a dot stands for all that begin like this. */
  readonly xattrs?: readonly string[];
  /** Those of `xattrs` that follow the content of files: writing makes them anew, which is done when somebody looks. */
  readonly contentXattrs?: readonly string[];
  /** Attributes beside `xattrs` whose changes it is asked about while it guards metadata. */
  readonly guardedXattrs?: readonly string[];
  /** It may come to guard metadata: such a world is told of chmod(2) and chown(2). */
  readonly guardsMetadata?: boolean;
  /** Label options of mounts that it takes. Its hooks about them are called for those of others too, which they leave alone. */
  readonly mountOptions?: MountOptionNames;
  /** New files can get labels from boot on; absent = only after something was written to one of its filesystems (a policy). */
  readonly labelsFilesFromBoot?: true;
  /** It looks at `argv` and `linkPath` of programs that are executed, which cost a world time to find out. */
  readonly wantsExecDetails?: true;
  /** Filesystem types the module registers, by name. */
  readonly filesystems?: ReadonlyMap<string, FilesystemType>;
  /** Entries in the root of securityfs. */
  readonly securityfs?: readonly DirectoryEntry[];
  /** Entries in its directory `integrity`, which several modules share. */
  readonly integrity?: readonly DirectoryEntry[];
  /** What user namespaces mount as securityfs; absent = nothing. One module at most has it. */
  readonly ownSecurityfs?: FilesystemType;
  /** What it adds to that of another module, once for each user namespace. */
  readonly inOwnSecurityfs?: MakeOwnEntries;
  /** Sysctls: path below /proc/sys (`kernel/yama/ptrace_scope`) to file node. */
  readonly sysctls?: ReadonlyMap<string, DirectoryEntry['node']>;
  /** Files of its own in /proc/<pid>/attr. */
  readonly attrFiles?: readonly OwnAttrFile[];
  /** It asks in which user namespaces tasks are. Does it keep something for this one, until the last task there ends? */
  readonly keepsForUserNamespace?: (id: number) => boolean;
  /** The directory /sys/module/<name>. */
  readonly parameters?: Directory;
  /**
   * Why something is allowed or denied at present, to this task; absent = to the first ones. Asking changes nothing: no
   * check, no count, no record.
   */
  readonly explain?: (request: WhyRequest, task?: Task) => WhyTold | WhyProblem;
  /**
   * A measurement list in the binary form that its file has: its own, or that of the namespace with this name (see
   * `inspect`). `undefined` = there is none.
   */
  readonly measurementList?: (namespace?: string) => Uint8Array | undefined;
  /**
   * Writes its records of the time when a kernel boots, if audit is on by then.
   * @param label of the task that boots; absent = no module labels tasks.
   */
  readonly recordBoot?: (label: string | undefined) => void;
  /** Its state at present, for people, and how these tasks are spread over its namespaces, if there are any. Looking changes nothing. */
  readonly inspect?: (tasks: readonly Task[]) => ModuleInspection | undefined;
  /**
   * Notes its policy, its mode and its settings. @returns a function that brings them back, as a load of the same policy would: labels of
   * tasks stay, and who remembers decisions hears of it.
   */
  readonly remember?: () => () => void;
  /** Of tasks, as another stack may have them (labels/label-carrier.ts). */
  readonly labels?: LabelCarrier;
}

/** One that runs. */
export interface BootedModule {
  readonly definition: ModuleDefinition;
  readonly module: Module;
}
