/**
 * The control protocol between launcher, daemon and other commands: JSON, one message per line.
 *
 * A launcher is a process that will become a command of the world; the kernel tells the daemon which one that is. Conversation of
 * `run`, over a socket pair made before the daemon starts:  boot -> booted -> join -> joined, then exec. Over the control socket: of
 * `run`, when a world is on standby, take -> booted -> join -> joined; of `exec`,  enter -> booted -> join -> joined. Of `standby`, over
 * such a pair: boot -> booted -> furnish -> furnished. Launchers are in TypeScript, and in Perl (launcher/launch.pl) for take and enter.
 * Descriptors travel by number: each side fetches the other's with pidfd_getfd(2).
 */
import type { WhyRequest } from '../../lsm/framework/inspection/why.ts';
import type { LabelsByModule } from '../../lsm/framework/labels/carried.ts';
import type { WorldErrorCode } from '../errors.ts';
import type { CommandEndTerms, ReportTerms, StackOptions } from '../options.ts';
import type { ProcessNumber } from '../registry/pid-namespace.ts';
import type { StandbyKeys, StandbyTerms } from '../registry/standby-file.ts';

export interface BootRequest {
  readonly kind: 'boot';
  readonly name: string;
  /** Of its record. */
  readonly id: string;
  /** State directory that the world's directory is in. */
  readonly stateRoot: string;
  readonly stack: StackOptions;
  readonly seccomp: boolean;
  readonly transport: 'kernel' | 'fuse-native';
  readonly command: readonly string[];
  /** Directories that the launcher had to make on the host. */
  readonly madeDirectories: readonly string[];
  /** Descriptor of the launcher for status lines. */
  readonly statusFd?: number;
  /** Descriptor of the launcher that is its terminal. */
  readonly terminalFd?: number;
  readonly logFile?: string;
  readonly report?: ReportTerms;
  /** What becomes of the world and of what is known of its command when that ends; absent = the world goes on without it. */
  readonly commandEnd?: CommandEndTerms;
  /** The world waits for a `take`; nobody joins now. */
  readonly standby?: StandbyTerms;
}

/** `lsmfs run`, to a world on standby: a launcher asks to be its first process. The first one gets it. */
export interface TakeRequest extends StandbyKeys {
  readonly kind: 'take';
  readonly command: readonly string[];
  readonly statusFd?: number;
  readonly terminalFd?: number;
  readonly commandEnd?: CommandEndTerms;
}

/** `lsmfs exec`: a launcher asks to enter a running world. */
export interface EnterRequest {
  readonly kind: 'enter';
  readonly statusFd?: number;
}

/** `lsmfs standby`: the world can be taken. */
export interface FurnishRequest {
  readonly kind: 'furnish';
  /** Of the mount namespace that the launcher is in, which is to be kept for the taker; absent = the taker makes its own. */
  readonly made?: {
    /** As those of a JoinRequest. */
    readonly devices: readonly string[];
    /** For the taker's user, one line each. */
    readonly remarks: readonly string[];
  };
}

/** The launcher is in place: mounts attached, the filter is about to be installed. */
export interface JoinRequest {
  readonly kind: 'join';
  /** Superblocks that carry mounts of the world and were made by the launcher, `major:minor`. */
  readonly devices: readonly string[];
  /** Number that the seccomp listener will have in the launcher; absent in worlds without a supervisor. */
  readonly listener?: number;
  /** Number of a pipe in the launcher that ends when the listener is there. */
  readonly installed?: number;
}

export interface StatusRequest {
  readonly kind: 'status';
}

/** Asks a module to explain a decision. */
export interface ExplainRequest {
  readonly kind: 'explain';
  readonly module: string;
  readonly request: WhyRequest;
  /** Process whose policy is asked; absent = the initial namespace's. */
  readonly process?: ProcessNumber;
  /** Who asks about a file, where its ids are those of its user namespace. */
  readonly asker?: ProcessNumber;
}

/** Asks for the labels of a thread, by its number in the pid namespace of the daemon. */
export interface LabelsRequest {
  readonly kind: 'labels';
  readonly thread: number;
}

/** Asks for the stack, its tasks and their labels. */
export interface TreeRequest {
  readonly kind: 'tree';
}

/** Asks for the measurement list. */
export interface MeasurementsRequest {
  readonly kind: 'measurements';
  /** As a tree names it; absent = the initial one. */
  readonly namespace?: string;
}

/** Asks how the world's command ended, once the world has. */
export interface WaitRequest {
  readonly kind: 'wait';
}

/** Asks for the state that the world had after its boot. */
export interface ResetRequest {
  readonly kind: 'reset';
}

export interface StopRequest {
  readonly kind: 'stop';
  readonly graceMs: number;
}

export type ControlRequest =
  | BootRequest
  | TakeRequest
  | EnterRequest
  | FurnishRequest
  | JoinRequest
  | StatusRequest
  | ExplainRequest
  | TreeRequest
  | LabelsRequest
  | MeasurementsRequest
  | WaitRequest
  | ResetRequest
  | StopRequest;

/** Offered mounts that are not filesystem types: sysctls of the modules; the links of daemon/attr-links/attr-links.ts. */
export const SYSCTL_TYPE = 'sysctl';
export const ATTR_LINKS_TYPE = 'attr-links';
/** A directory with `kmsg`, only where opens of the device cannot be answered. */
export const KMSG_TYPE = 'kmsg';
/** Followed by its path below /sys: a directory of sysfs. */
export const SYSFS_TYPE = 'sysfs:';

/** A detached mount in the daemon's descriptor table and where it belongs. */
export interface OfferedMount {
  readonly fd: number;
  readonly type: string;
}

export interface BootedReply {
  readonly kind: 'booted';
  readonly daemon: number;
  /** Empty when the namespace has them already. */
  readonly mounts: readonly OfferedMount[];
  /** For the user, one line each. */
  readonly remarks?: readonly string[];
  /** Lines to add to /proc/filesystems. */
  readonly filesystemTypes: readonly string[];
  /** Paths below /proc/sys that the mount of type `sysctl` has. */
  readonly sysctls: readonly string[];
  /** Socket by which programs speak to the TPM; absent = there is none. */
  readonly tpm?: string;
  /** seccomp program to install, base64; absent in worlds without a supervisor. */
  readonly filter?: string;
  /** The daemon's descriptor of the world's mount namespace, whichever ones its processes have gone to; absent = the launcher makes it. */
  readonly namespace?: number;
  /** System call numbers of this machine, and the directory of `lsmfs`, for a launcher that knows neither. */
  readonly calls?: Readonly<Record<string, number>>;
  readonly bin?: string;
}

export interface FurnishedReply {
  readonly kind: 'furnished';
}

export interface JoinedReply {
  readonly kind: 'joined';
}

export interface StatusReply {
  readonly kind: 'status';
  readonly processes: readonly number[];
}

export interface ExplainReply {
  readonly kind: 'explain';
  /** Path of a file with a WhyTold or WhyProblem as JSON, which may be longer than a message; the asker removes it. */
  readonly file: string;
}

export interface TreeReply {
  readonly kind: 'tree';
  /** Path of a file with a WorldTree as JSON, which may be longer than a message; the asker removes it. */
  readonly file: string;
}

export interface LabelsReply {
  readonly kind: 'labels';
  /** Absent = it is no member. */
  readonly labels?: LabelsByModule;
}

export interface WaitReply {
  readonly kind: 'wait';
  /** As a shell shows it; absent = the host's kernel did not tell. */
  readonly exitCode?: number;
}

export interface ResetReply {
  readonly kind: 'reset';
  /** Names of the modules that took their state of then back. */
  readonly modules: readonly string[];
}

export interface MeasurementsReply {
  readonly kind: 'measurements';
  /** Name of the module. */
  readonly module: string;
  /** Path of a file with the list in binary form; the asker removes it. */
  readonly file: string;
  /** What the TPM holds that attests the list, by bank and number, in hexadecimal; absent = there is none. */
  readonly registers?: Readonly<Record<string, readonly string[]>>;
}

export interface FailedReply {
  readonly kind: 'failed';
  readonly code: WorldErrorCode;
  readonly message: string;
  readonly fix?: string;
  readonly data?: Readonly<Record<string, string | number>>;
}

export type ControlReply =
  | BootedReply
  | FurnishedReply
  | JoinedReply
  | StatusReply
  | ExplainReply
  | TreeReply
  | LabelsReply
  | MeasurementsReply
  | WaitReply
  | ResetReply
  | FailedReply;
