/**
 * Features: the purposes for which system calls are supervised, and the worlds that need each.
 */
import type { Family } from '../mediation.ts';

export interface SupervisionNeeds {
  /** Names in /proc/self/attr of the host's kernel. */
  readonly hostAttrNames: readonly string[];
  /** Names in the emulated attr directory. */
  readonly attrNames: readonly string[];
  /** lstat and readlink in the attr directory, too, are to be as in the kernel. */
  readonly exactAttr: boolean;
  /** Sysctls that the host's kernel lacks. */
  readonly addedSysctls: boolean;
  /** Process tracking has no proc connector. */
  readonly processCalls: boolean;
  /** The exit status of a process was asked for (--json-status-fd). */
  readonly exitStatus: boolean;
  /** The emulated kernel has lsm_unshare(2). */
  readonly lsmUnshare: boolean;
  /** The emulated kernel has compound labels. */
  readonly compoundLabels: boolean;
  /** Modules have prctl(2) options and ptrace hooks. */
  readonly tracers: boolean;
  /** Modules label new files. */
  readonly fileLabels: boolean;
  /** Modules decide about security attributes of ordinary files. */
  readonly fileAttributes: boolean;
  /** They may come to guard owner and mode of files. */
  readonly fileMetadata: boolean;
  /** Modules decide about programs that are executed. */
  readonly execChecks: boolean;
  /** Modules may decide about uses of file content. */
  readonly fileUses: boolean;
  /** The emulated kernel has audit (`audit=0`: it has not). */
  readonly audit: boolean;
  /** Audit rules see calls that nothing else is supervised for. */
  readonly auditCalls: boolean;
  /** Mediation: families of system calls that modules decide about. */
  readonly mediated: readonly Family[];
}

type Need = (needs: SupervisionNeeds) => boolean;

const everywhere: Need = () => true;
const mediating =
  (family: Family): Need =>
  ({ mediated }) =>
    mediated.includes(family);
/** The host's kernel lacks names that the emulated one has in attr or /proc/sys. */
const lacksNames: Need = ({ addedSysctls, attrNames, hostAttrNames }) =>
  addedSysctls || attrNames.some((name) => !hostAttrNames.includes(name));

const FEATURES = {
  /** statfs(2) must not say FUSE. */
  statfs: everywhere,
  /** mount(2), and fsopen(2) with what follows, of filesystem types the host does not have, and label options of others. */
  mount: everywhere,
  /** Opens of /proc/<pid>/attr, and of what stand-ins/stand-in.ts replaces. */
  'attr-open': everywhere,
  /**
   * stat, access and listxattr of names in /proc/<pid>/attr and /proc/sys that the host's kernel lacks. Costly: all
   * such calls are notified.
   */
  'attr-stat': lacksNames,
  /**
   * lstat and readlink of these names. Programs that compare or search trees call them for every file, and programs that
   * look for a module use stat or open, so this is needed only in exact profiles.
   */
  'attr-lstat': (needs) => needs.exactAttr && lacksNames(needs),
  /** Writes of zero bytes, which a FUSE server never sees. */
  'zero-write': everywhere,
  /** copy_file_range(2), sendfile(2) and splice(2), which the kernel's pseudo-files refuse and FUSE does not. */
  'pseudo-files': everywhere,
  /** The same of fcntl(2) and ioctl(2), where these do not pass by the filter anyway: it would cost each of them 50 ns. */
  'pseudo-file-flags': ({ mediated }) => mediated.includes('files') && mediated.includes('capabilities'),
  /** lsm_get_self_attr(2) and its siblings. */
  'lsm-calls': everywhere,
  /** lsm_unshare(2), whose number may be that of another call on the host. */
  'lsm-unshare': ({ lsmUnshare }) => lsmUnshare,
  /** getsockopt(SO_PEERSEC). */
  peersec: everywhere,
  /** getsockopt(SO_PEERCONTEXT), of the stacking patches. */
  peercontext: ({ compoundLabels }) => compoundLabels,
  /** syslog(2); /dev/kmsg is opened like attr files are. */
  syslog: everywhere,
  /** Keys and keyrings. */
  keys: everywhere,
  /** Audit by netlink(7): the emulated kernel's, never that of the host. */
  audit: everywhere,
  /** What there is to do on such a socket. */
  'audit-sockets': ({ audit }) => audit,
  /** The sender of what recvmsg(2) brings. Notifying every such call is dear, so only where that is done anyway or audit is to see more. */
  'audit-messages': (needs) => needs.audit && (needs.auditCalls || mediating('messages')(needs)),
  /** Calls that rules of audit may name, where they are asked for (audit/audited-calls.ts). */
  'audit-calls': ({ auditCalls }) => auditCalls,
  /** Who sent a daemon of audit a signal. A kill(2) that is notified needs the daemon of the world, so only where asked for or mediated. */
  'audit-signals': (needs) => needs.audit && (needs.auditCalls || mediating('tasks')(needs)),
  /** prctl(PR_SET_PTRACER). */
  ptracer: ({ tracers }) => tracers,
  /** The requests of ptrace(2) that make a tracer. */
  ptrace: (needs) => needs.tracers || mediating('tasks')(needs),
  /** Labels of new files. */
  'file-labels': ({ fileLabels }) => fileLabels,
  /** Security attributes of ordinary files: reading and setting. */
  'file-attributes': ({ fileAttributes }) => fileAttributes,
  /** Setting and removing those that no module of the world has. */
  'foreign-labels': everywhere,
  /** Changes of their owner and mode. */
  'file-metadata': ({ fileMetadata }) => fileMetadata,
  /** Programs that are executed: what becomes of the caller, and whether it may. */
  'exec-checks': ({ execChecks }) => execChecks,
  /** Uses of files in which modules look at the content. */
  'file-uses': ({ fileUses }) => fileUses,
  /** What modules decide about, by families (world/mediation.ts). */
  'mediate-files': mediating('files'),
  'mediate-stat': mediating('stat'),
  'mediate-tasks': mediating('tasks'),
  'mediate-forks': mediating('forks'),
  'mediate-sockets': mediating('sockets'),
  'mediate-messages': mediating('messages'),
  'mediate-content': mediating('content'),
  'mediate-memory': mediating('memory'),
  'mediate-ioctl': mediating('ioctl'),
  'mediate-ipc': mediating('ipc'),
  'mediate-keys': mediating('keys'),
  'mediate-mounts': mediating('mounts'),
  'mediate-capabilities': mediating('capabilities'),
  /** clone(2) of a sibling, which the proc connector takes for a child of the parent. */
  siblings: ({ processCalls }) => !processCalls,
  /** execve, for process tracking without the proc connector. */
  'process-calls': ({ processCalls }) => processCalls,
  /**
   * exit_group, whose argument is the exit status. Only where that was asked for: when the daemon has ended the call fails
   * with ENOSYS, and the C library then ends the program by an illegal instruction.
   */
  'process-exits': ({ exitStatus }) => exitStatus,
} as const satisfies Readonly<Record<string, Need> & Record<MediateFeature, Need>>;

/** The feature of each family. */
export type MediateFeature = `mediate-${Family}`;
export type Feature = keyof typeof FEATURES;

export function allFeatures(): Feature[] {
  return Object.keys(FEATURES) as Feature[];
}

export function neededFeatures(needs: SupervisionNeeds): Feature[] {
  return allFeatures().filter((feature) => FEATURES[feature](needs));
}

/** The mediation family of a feature; `undefined` for other features. */
export function mediationFamily(feature: Feature): Family | undefined {
  return feature.startsWith('mediate-') ? (feature.slice('mediate-'.length) as Family) : undefined;
}
