/**
 * The state that the handlers of one worker share, and the type of a handler.
 */

import type { RemoteMemory } from '../../host/memory/remote-memory.ts';
import type { MountQuery } from '../../host/mounts/mount-query.ts';
import type { Mediator } from './access/mediator.ts';
import type { AuditedCalls } from './audit/audited-calls.ts';
import type { CallerAuditSockets } from './caller/audit-sockets.ts';
import type { CallPlaces } from './caller/call-places.ts';
import type { CallerView } from './caller/caller-view.ts';
import type { FileInspector } from './caller/file-inspector.ts';
import type { NetlinkMessages } from './caller/netlink-messages.ts';
import type { PidNamespaces } from './caller/pid-namespaces.ts';
import type { SenderAddresses } from './caller/sender-addresses.ts';
import type { TaskStamps } from './caller/task-stamps.ts';
import type { DaemonDescriptors } from './daemon-descriptors.ts';
import type { FastPath } from './fast-path/fast-path.ts';
import type { LabelOptions } from './labels/label-options.ts';
import type { MetadataGuard } from './metadata-guard.ts';
import type { Notification } from './notification.ts';
import type { ChangedData } from './pending/changed-data.ts';
import type { DeferredCalls } from './pending/deferred-calls.ts';
import type { EmulatedFsContexts } from './pending/emulated-fs-contexts.ts';
import type { HostFsContexts } from './pending/host-fs-contexts.ts';
import type { LeftCalls } from './pending/left-calls.ts';
import type { NewLabels } from './pending/new-labels.ts';
import type { NewMounts } from './pending/new-mounts.ts';
import type { NewPrograms } from './pending/new-programs.ts';
import type { PacedSenders } from './pending/paced-senders.ts';
import type { SecurePrograms } from './pending/secure-programs.ts';
import type { DeviceTable } from './protocol/devices.ts';
import type { Epoch } from './protocol/epoch.ts';
import type { FileMarks } from './protocol/file-marks.ts';
import type { Ask } from './protocol/questions/index.ts';
import type { SupervisorSettings } from './settings.ts';
import type { AttrLocator } from './stand-ins/attr-locator.ts';
import type { SysctlLocator } from './stand-ins/sysctl-locator.ts';
import type { SysfsCovers } from './stand-ins/sysfs-covers.ts';
import type { ExecAnswers } from './uses/exec-answers.ts';
import type { FileUseReporter } from './uses/report.ts';

export interface WorkerContext extends SupervisorSettings {
  readonly call: Notification;
  readonly memory: RemoteMemory;
  readonly view: CallerView;
  readonly auditSockets: Pick<CallerAuditSockets, 'any' | 'find' | 'forget' | 'recall'>;
  readonly senderAddresses: Pick<SenderAddresses, 'poll' | 'put'>;
  readonly netlinkMessages: Pick<NetlinkMessages, 'receive'>;
  readonly epoch: Epoch;
  readonly marks: FileMarks;
  readonly tasks: TaskStamps;
  readonly places: Pick<CallPlaces, 'find' | 'forget'>;
  readonly mounts: MountQuery;
  readonly locator: AttrLocator;
  readonly devices: DeviceTable;
  readonly files: FileInspector;
  readonly execAnswers: Pick<ExecAnswers, 'announces' | 'announcesNamed' | 'execution' | 'remember'>;
  readonly namespaces: PidNamespaces;
  /** Absent = each call is the handlers' business. */
  readonly fastPath: FastPath | undefined;
  /** Absent = no mediation of system calls. */
  readonly mediator: Mediator | undefined;
  readonly newLabels: NewLabels;
  /** To be called when labels of files are stored that no version tells of. */
  labelled(): void;
  readonly newMounts: NewMounts;
  readonly newPrograms: NewPrograms;
  /** Those that are to run with AT_SECURE. */
  readonly securePrograms: Pick<SecurePrograms, keyof SecurePrograms>;
  /** Absent in a thread that looks at no call. */
  readonly leftCalls: LeftCalls | undefined;
  /** Who has to wait for others when they send messages to audit. */
  readonly pacedSenders: Pick<PacedSenders, keyof PacedSenders>;
  /** Calls of those. */
  readonly deferredCalls: Pick<DeferredCalls, keyof DeferredCalls>;
  readonly auditedCalls: Pick<AuditedCalls, keyof AuditedCalls>;
  readonly sysfsCovers: SysfsCovers;
  /** Default mount points of the stack's filesystems, `/sys/fs/selinux`. */
  readonly sysPlaces: readonly string[];
  readonly changedData: ChangedData;
  readonly emulatedFsContexts: EmulatedFsContexts;
  readonly hostFsContexts: HostFsContexts;
  readonly daemon: DaemonDescriptors;
  /** Directory descriptor of `by` in the attr tree, below which names are looked up on behalf of callers. */
  readonly attrRoot: number;
  /** The same of the tree of stand-ins; absent until one was needed. */
  standIns: number | undefined;
  readonly labelOptions: LabelOptions;
  /** Finds paths to sysctls that the host's kernel lacks. */
  readonly sysctlLocator: SysctlLocator;
  /** Absent as long as no module asks for uses of files. */
  readonly fileUses:
    | Pick<FileUseReporter, 'executes' | 'report' | 'updateXattr' | 'completeNew' | 'fresh' | 'close'>
    | undefined;
  /** Absent as long as no module guards metadata of files. */
  readonly guard: Pick<MetadataGuard, keyof MetadataGuard> | undefined;
  /** `undefined` when the main thread did not answer in time. */
  readonly ask: Ask;
  log(text: string): void;
}

/**
 * Answers the notified call in `context.call` exactly once. A handler that returns without an answer, or throws, lets the kernel proceed.
 */
export type Handler = (context: WorkerContext) => void;
