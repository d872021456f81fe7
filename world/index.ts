/**
 * The running system: worlds, their daemon and the processes in them. This is what cli/ uses.
 *
 * Everything is loaded on demand: `run` is measured in milliseconds and must not pay for `doctor` or `mount`.
 */

import type { ListTold } from '../lsm/framework/files/measurement-list.ts';
import type { WhyRequest, WhyTold } from '../lsm/framework/inspection/why.ts';
import type {
  AccessQuestion,
  AnalysisTold,
  DifferenceQuestion,
  DifferenceTold,
  TransitionQuestion,
} from '../lsm/framework/policy-analysis.ts';
import type { Detached } from './launcher/detach-run.ts';
import type { PreparedRun } from './launcher/prepare.ts';
import type { Denial, DenialsWanted } from './log/denials.ts';
import type { ListSource } from './measurements.ts';
import type {
  DetachOptions,
  ExecOptions,
  HostReport,
  MountOptions,
  ReportOptions,
  RunOptions,
  StandbyOptions,
  WorldInfo,
} from './options.ts';
import type { BuildRequest, BuiltPolicy } from './policies/build.ts';
import type { ListedPolicy, ShownPolicy } from './policies/stores.ts';
import type { Ended } from './registry/ended.ts';
import type { OwnedXattrs, XattrsDone, XattrWork } from './stored-xattrs/index.ts';
import type { WorldTree } from './tree.ts';
import type { Versions } from './versions.ts';

export type { HostCheck } from '../lsm/framework/host-side.ts';
export { WorldError, type WorldErrorCode } from './errors.ts';
export { choosePolicy } from './launcher/choose-policy.ts';
export type { PreparedRun } from './launcher/prepare.ts';
export { asciiJson, jsonRecord } from './log/json-record.ts';
export { type LogRecord, parseLine as parseLogLine } from './log/line.ts';
export { forTools } from './log/tool-records.ts';
export { DEFAULT_FAMILIES, FAMILIES, type Family, type Mediation } from './mediation.ts';
export type {
  ExecOptions,
  FailOn,
  HostReport,
  MountOptions,
  ReportOptions,
  RunOptions,
  StackOptions,
  StandbyOptions,
  TpmOptions,
  WorldInfo,
} from './options.ts';
export type { ListedPolicy, ShownPolicy } from './policies/stores.ts';
export type { OwnedXattrs, XattrFailure, XattrsDone, XattrWork } from './stored-xattrs/index.ts';
export type { WorldTree } from './tree.ts';

/**
 * Starts the daemon, which takes most of the time of `runWorld`. Optional; to be called before the command line is read.
 * The daemon ends with this process, or serves the world.
 */
export async function prepareRun(): Promise<PreparedRun> {
  return (await import('./launcher/prepare.ts')).prepareRun();
}

/**
 * Makes a world and becomes `options.argv` in it: on success this never returns, because the process is then that command.
 * Ends the process with 127 (command not found) or 126 (not executable) after saying so on standard error.
 * @throws WorldError when the world cannot be made (exit status 125 is for the caller to set).
 */
export async function runWorld(options: RunOptions): Promise<never> {
  return (await import('./launcher/run.ts')).runWorld(options);
}

/**
 * Starts a run and waits for it, writes its report and ends as it ended: with its status, with 123 after refusals that are not accepted.
 * @throws WorldError when there can be no report.
 */
export async function reportRun(options: ReportOptions): Promise<never> {
  return (await import('./launcher/report-run.ts')).reportRun(options);
}

/**
 * Starts a run that goes on without us. @returns its world; or the exit status of one that failed, which was said.
 * @throws WorldError
 */
export async function detachRun(options: DetachOptions): Promise<Detached | number> {
  return (await import('./launcher/detach-run.ts')).detachRun(options);
}

/**
 * Starts a daemon with a booted world that a later {@link runWorld} with the same options takes, under the same circumstances.
 * @returns its name, when it can be taken. @throws WorldError
 */
export async function startStandby(options: StandbyOptions): Promise<string> {
  return (await import('./launcher/standby.ts')).startStandby(options);
}

/** Ends worlds that wait for a command. @returns their names. */
export async function endStandbys(): Promise<readonly string[]> {
  return (await import('./registry/stop.ts')).endStandbys();
}

/** Becomes `options.argv` inside an existing world. Same contract as {@link runWorld}. */
export async function execInWorld(options: ExecOptions): Promise<never> {
  return (await import('./launcher/exec-in-world.ts')).execInWorld(options);
}

/** All worlds of this user, dead ones included (see {@link reapDeadWorlds}). */
export async function listWorlds(): Promise<readonly WorldInfo[]> {
  return (await import('./registry/worlds.ts')).listWorlds();
}

/** What has the form of a world and is not acted upon, because others may have put it there: paths, with words that follow them. */
export async function worldsLeftAlone(): Promise<readonly { readonly path: string; readonly why: string }[]> {
  const { leftAlone } = await import('./registry/listing.ts');
  return leftAlone((await import('./registry/state-root.ts')).currentStateRoot());
}

/** Unmounts and removes the remains of killed daemons. @returns names of what was removed, for messages. */
export async function reapDeadWorlds(): Promise<readonly string[]> {
  return (await import('./registry/reap.ts')).reapDeadWorlds();
}

/**
 * Aborts the FUSE connections of worlds whose killed daemon does not end, then does the same as {@link reapDeadWorlds}.
 * @returns one line for each action.
 */
export async function repairWorlds(): Promise<readonly string[]> {
  return (await import('./registry/repair.ts')).repairWorlds();
}

/**
 * TERM, then after `graceMs` KILL to every process of the world; KILL at once where its daemon cannot do that. Returns when the world
 * is gone.
 * @returns process ids of those that do not end, because they wait uninterruptibly.
 */
export async function stopWorld(name: string, graceMs = 5000): Promise<readonly number[]> {
  return (await import('./registry/stop.ts')).stopWorld(name, graceMs);
}

/** Waits until a world has ended. @returns the exit code of its command, where it is known. @throws WorldError */
export async function waitForWorld(name: string): Promise<Ended> {
  return (await import('./registry/wait.ts')).waitForWorld(name);
}

/**
 * Brings a world back to the state that it had after its boot; without a name, the one that we are in, or the only one.
 * @returns its name, and what came back: modules, and `audit`. @throws WorldError
 */
export async function resetWorld(
  name: string | undefined,
): Promise<{ readonly name: string; readonly modules: readonly string[] }> {
  const { chooseWorld } = await import('./registry/choose.ts');
  const chosen = chooseWorld(name);
  return { name: chosen, modules: (await import('./registry/reset.ts')).resetWorld(chosen) };
}

/**
 * Why a module allows or denies an access: by a policy file, or else by a running world; without a name, by the one that
 * we are in, or the only one.
 * @param from `pid` of a process whose policy is asked, for modules that have several; absent: our own, from inside
 * that world, else the initial one.
 * @throws WorldError
 */
export async function explain(
  module: string,
  from: {
    readonly policy?: string | undefined;
    readonly world?: string | undefined;
    readonly pid?: number | undefined;
  },
  request: WhyRequest,
): Promise<WhyTold> {
  const { explainByFile, explainByWorld } = await import('./why/explain.ts');
  const { explainFile } = await import('./why/explain-file.ts');
  const { policy, world, pid } = from;
  return explainFile(module, request, (asked) =>
    policy === undefined ? explainByWorld(module, world, asked, pid) : explainByFile(module, policy, asked),
  );
}

/**
 * The newest refusal in a world's log, of one module or of any, and the module's present answer to the same question.
 * `pid` as in {@link explain}.
 * @throws WorldError
 */
export async function explainLast(
  name: string | undefined,
  from: { readonly module?: string | undefined; readonly pid?: number | undefined },
): Promise<WhyTold> {
  return (await import('./why/explain-last.ts')).explainLast(name, from);
}

/**
 * Modules, namespaces, tasks and labels of a running world; without a name, of the one that we are in, or the only one.
 * @throws WorldError
 */
export async function worldTree(name: string | undefined): Promise<WorldTree> {
  return (await import('./tree.ts')).worldTree(name);
}

/**
 * The measurement list of a world or of a namespace in it, or of a file with one in binary form.
 * @param verify computes its digests anew. @throws WorldError
 */
export async function measurementList(from: ListSource, verify: boolean): Promise<ListTold> {
  return (await import('./measurements.ts')).measurementList(from, verify);
}

/**
 * The log of a world, or of the audit of a container in it, line by line. With `followFor`, a descriptor, it continues
 * until the world ends or the descriptor's other end is closed.
 * @throws WorldError
 */
export async function worldLog(
  name: string | undefined,
  followFor?: number,
  container?: bigint,
): Promise<AsyncGenerator<string>> {
  const { chooseWorld } = await import('./registry/choose.ts');
  const { worldNamed } = await import('./registry/worlds.ts');
  const { readWorldLog } = await import('./log/reader.ts');
  const { isAbandoned } = await import('../host/files/poll.ts');
  const follow = followFor === undefined ? undefined : (): boolean => !isAbandoned(followFor);
  return readWorldLog(worldNamed(chooseWorld(name)), follow, container);
}

/** The refusals in a world's log: as {@link worldLog}. @throws WorldError */
export async function worldDenials(
  name: string | undefined,
  wanted: DenialsWanted,
  followFor?: number,
): Promise<AsyncGenerator<Denial>> {
  const { chooseWorld } = await import('./registry/choose.ts');
  const { denialsIn } = await import('./log/denials.ts');
  return denialsIn(await worldLog(name, followFor), chooseWorld(name), wanted);
}

/** Makes lines of a log readable as `ausearch -i` would, with the names of users that the reader's machine has. */
export async function auditInterpreter(): Promise<(line: string) => string> {
  const { accountNames, interpreter } = await import('./log/interpret.ts');
  return interpreter(accountNames());
}

/**
 * Security attributes that user namespaces have on these files and those below them, on disk; `ended`: only of such as
 * have no process any more, of all or of the one with this id. Symbolic links are not followed, mounts not entered.
 * @param paths in latin-1. @throws WorldError
 */
export async function storedXattrs(
  paths: readonly string[],
  work: XattrWork,
  ended?: { readonly id?: string | undefined },
): Promise<readonly OwnedXattrs[]> {
  const { listEnded, listStoredXattrs } = await import('./stored-xattrs/index.ts');
  return ended === undefined ? listStoredXattrs(paths, work) : listEnded(paths, work, ended.id);
}

/** Removes those of namespaces that have no process: of all, or of one. @throws WorldError */
export async function removeEndedXattrs(paths: readonly string[], work: XattrWork, id?: string): Promise<XattrsDone> {
  return (await import('./stored-xattrs/index.ts')).removeEnded(paths, work, id);
}

/** Makes the attributes of one namespace those of another, where that has none. @throws WorldError */
export async function rekeyXattrs(
  paths: readonly string[],
  ids: { readonly from: string; readonly to: string },
  work: XattrWork,
): Promise<XattrsDone> {
  return (await import('./stored-xattrs/index.ts')).rekeyStored(paths, ids, work);
}

/** Serves the whole tree under a directory until SIGINT or SIGTERM. FUSE only: no namespaces, no supervisor. */
export async function mountTree(options: MountOptions): Promise<void> {
  return (await import('./launcher/mount-tree.ts')).mountTree(options);
}

/** The checks of this host. */
export async function probeHost(): Promise<HostReport> {
  return (await import('./doctor/probe.ts')).probeHost();
}

/** Of what lsmfs runs on, and what it can emulate. */
export async function versions(): Promise<Versions> {
  return (await import('./versions.ts')).versions();
}

/** Policies that this machine has. */
export async function listPolicies(): Promise<readonly ListedPolicy[]> {
  return (await import('./policies/stores.ts')).listPolicies();
}

/** What `lsmfs policy show` and --policy can name without a path of the user's; reads no policy. */
export async function policyNames(): Promise<readonly { readonly name: string; readonly directory?: string }[]> {
  return (await import('./policies/stores.ts')).policyNames();
}

/** What a policy consists of. @param name of a store, a file or a directory; absent: what the configuration chooses. @throws WorldError */
export async function showPolicy(name?: string): Promise<ShownPolicy> {
  return (await import('./policies/stores.ts')).showPolicy(name);
}

/** Who may do what by the rules of a policy. @param policy as of {@link showPolicy}. @throws WorldError */
export async function policyAccess(policy: string | undefined, question: AccessQuestion): Promise<AnalysisTold> {
  return (await import('./policies/analysis.ts')).askPolicy(policy, (asked) => asked.access(question));
}

/** Which types a process can change to by the rules of a policy: as {@link policyAccess}. @throws WorldError */
export async function policyTransitions(
  policy: string | undefined,
  question: TransitionQuestion,
): Promise<AnalysisTold> {
  return (await import('./policies/analysis.ts')).askPolicy(policy, (asked) => asked.transitions(question));
}

/** How a policy differs from another. @param left as the policy of {@link showPolicy}, as is `right`. @throws WorldError */
export async function policyDifferences(
  left: string,
  right: string,
  question: DifferenceQuestion,
): Promise<DifferenceTold> {
  return (await import('./policies/analysis.ts')).comparePolicies(left, right, question);
}

/** Makes one file of a policy and what belongs to it. @throws WorldError */
export async function buildPolicy(request: BuildRequest): Promise<BuiltPolicy> {
  return (await import('./policies/build.ts')).buildPolicy(request);
}
