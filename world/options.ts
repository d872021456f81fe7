/**
 * Options of world/ as cli/ passes them; constraints that the types do not express are checked here.
 */
import type { KernelProfile } from '../lsm/framework/config.ts';
import type { HostCheck } from '../lsm/framework/host-side.ts';
import type { Bank } from '../lsm/framework/tpm/tpm.ts';
import type { PreparedRun } from './launcher/prepare.ts';
import type { Mediation } from './mediation.ts';

export interface TpmOptions {
  /** `emulated`: its registers, for the kernel and who reads files; `swtpm`: a program that speaks TPM 2.0, for its clients, too. */
  readonly kind: 'emulated' | 'swtpm';
  /** Of `emulated`; absent = SHA-1 and SHA-256. A swtpm has those that it has. */
  readonly banks?: readonly Bank[];
  /** Of `emulated`: files with the registers that firmware has left, by bank, as evmctl reads them. */
  readonly registers?: Readonly<Record<string, string>>;
}

/** Paths are absolute. */
export interface PolicyChoice {
  /** Binary policies, the first that can be loaded counts. */
  readonly files: readonly string[];
  /** Store with the labels of files and logins that belong to it; absent = there are none. */
  readonly store?: string;
  /** The store is not the machine's: programs of the world find it in its place. */
  readonly shown: boolean;
  /** The file has its store behind the image; `store` is where a world has unpacked it. */
  readonly packed?: boolean;
  /** Why it is not the one that was asked for first, a sentence for the user. */
  readonly remark?: string;
  /** Without a module that loads policies there is none. */
  readonly optional?: boolean;
  /** Files and directories that this choice follows from. */
  readonly looked?: readonly string[];
}

/** Which stack a world boots. */
export interface StackOptions {
  /** `lsm=` list; absent = the build's default. */
  readonly lsm?: string;
  /** `security=`. */
  readonly security?: string;
  readonly profile: KernelProfile;
  readonly enforcing: boolean;
  /** To load at boot, as an initrd would; absent = none. */
  readonly policy?: PolicyChoice;
  /** Files and directories with profiles, text or images, to load at boot; for a daemon: images alone. */
  readonly profiles?: readonly string[];
  /** Of the first process and of those that join: `login`, or a label; absent = that of the kernel. */
  readonly context?: string;
  /** Path of file_contexts, which gives files without stored labels their default, or `none`; absent = that of the host's SELINUXTYPE. */
  readonly fileContexts?: string;
  /** Mediation of system calls; absent = none. */
  readonly mediation?: Mediation;
  /** Calls that no module decides about are supervised for audit rules, too. Absent = they are not. */
  readonly auditCalls?: boolean;
  /** Further kernel parameters, `apparmor=0`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Files of certificates (DER or PEM) for keyrings, loaded at boot; by name of the keyring: `_ima`. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  /** Files with what keys of type `encrypted` decrypt to, which everybody finds from boot on, by their descriptions. */
  readonly encryptedKeys?: Readonly<Record<string, string>>;
  /** The machine's TPM; absent = it has none. */
  readonly tpm?: TpmOptions;
  /** Modules without implementation are ordered and listed, and answer nothing, instead of being refused. */
  readonly allowUnimplemented?: boolean;
  /** Name of an emulated kernel build (lsm/builds.ts); absent = what its `defaultBuild` says. */
  readonly build?: string;
}

export interface RunOptions extends StackOptions {
  /** Command and arguments; the process becomes it. */
  readonly argv: readonly string[];
  /** Absent = a generated name. */
  readonly name?: string;
  /** Programs change the machine's own policy stores; absent = copies that end with the world. */
  readonly hostPolicy?: boolean;
  /** `false` = `--no-seccomp`. */
  readonly seccomp: boolean;
  /** `kernel` = /dev/fuse directly. */
  readonly transport: 'kernel' | 'fuse-native';
  /** Descriptor for JSON lines like bubblewrap's `--json-status-fd`. */
  readonly jsonStatusFd?: number;
  /** Debugging: the daemon keeps a log in this file. */
  readonly logFile?: string;
  /** What becomes of the world when the command ends; absent = it goes on while it has processes. */
  readonly commandEnd?: CommandEndTerms;
  /** From `detachRun`: a pipe that tells that the command was executed by ending, else why it was not. */
  readonly detachedFd?: number;
  /** What `reportRun` asks of the run that it starts. */
  readonly report?: ReportTerms;
  /** From `prepareRun`, when it was called early. */
  readonly prepared?: PreparedRun | undefined;
}

/** When the first process ends, the world does. */
export interface CommandEndTerms {
  /** How it ended is kept for a `lsmfs wait` that comes later. */
  readonly kept: boolean;
}

/** `lsmfs run --detach`. */
export interface DetachOptions {
  /** Of `lsmfs run`, without `--detach` and what belongs to it. */
  readonly args: readonly string[];
  /** Gets what the command writes to standard output and standard error; absent = nothing does. */
  readonly output?: string;
}

/** Of a run that is reported: files that the daemon writes. */
export interface ReportTerms {
  /** Descriptor of the launcher: a pipe, to which nothing is written. It ends when `refusals` is there, or never will be. */
  readonly fd: number;
  /** Gets the refusals, counted, when the command ends. */
  readonly refusals: string;
  /** Gets the log as it comes, a JSON value per line; absent = nothing does. */
  readonly log?: string;
  /** A file with refusals that `--fail-on` accepts. */
  readonly accepted?: string;
}

/** Which refusals make a run fail: all, or those that a file of a former run does not have. */
export type FailOn = { readonly kind: 'denials' } | { readonly kind: 'new-denials'; readonly file: string };

export interface ReportOptions {
  /** Where the report is written; absent = nowhere. */
  readonly directory?: string;
  readonly failOn?: FailOn;
  /** We run in GitHub Actions, which gets annotations and, in this file, a summary. */
  readonly github?: { readonly stepSummary: string | undefined };
  /** Of lsmfs. */
  readonly version: string;
  /** Command and arguments, and all arguments of `lsmfs run`. */
  readonly argv: readonly string[];
  readonly args: readonly string[];
}

/** A daemon that waits for a `run` with the same options. */
export interface StandbyOptions extends StackOptions {
  readonly transport: RunOptions['transport'];
  /** A `run` leaves it for the next one, unasked. */
  readonly left: boolean;
  /** Time after which it ends if nobody has taken it. */
  readonly seconds: number;
}

export interface ExecOptions {
  readonly world: string;
  readonly argv: readonly string[];
  readonly jsonStatusFd?: number;
}

export interface MountOptions extends StackOptions {
  /** Where the tree is mounted; with `labels`, where that directory is served. */
  readonly directory: string;
  /** A directory of the host that is served with labels. */
  readonly labels?: string;
  /** With `labels`: name of a world, there is one or not, whose members have the labels there that they have in it. */
  readonly world?: string;
  /** With `labels`: where the tree is mounted. Absent = nowhere. */
  readonly tree?: string;
  readonly transport: 'kernel' | 'fuse-native';
  /** Called once everything is mounted. */
  onReady?(mountPoints: readonly string[]): void;
}

/** One line of `lsmfs ps`. */
export interface WorldInfo {
  readonly name: string;
  readonly daemonPid: number;
  /** Clock ticks since boot, field 22 of /proc/pid/stat: together with the pid it identifies a process. */
  readonly daemonStartTime: number;
  /**
   * `standby`: it waits for a command. `unresponsive`: the daemon lives but did not answer in time. `stopped`: by a signal.
   * `dying`: killed, but it cannot end: see `lsmfs doctor --repair`.
   */
  readonly state: 'running' | 'starting' | 'standby' | 'unresponsive' | 'stopped' | 'dying' | 'dead';
  /** Seconds since the epoch. */
  readonly started: number;
  /** Process ids of its members, ascending; empty when not known. */
  readonly processes: readonly number[];
  readonly lsm: string;
  readonly profile: KernelProfile;
  readonly seccomp: boolean;
  readonly command: readonly string[];
}

export interface HostReport {
  readonly checks: readonly HostCheck[];
  /** No check failed: `lsmfs run` can be expected to work. */
  readonly usable: boolean;
}
