/**
 * The running system: worlds, their daemon and the processes in them. This is what cli/ uses.
 *
 * Everything is loaded on demand: `run` is measured in milliseconds and must not pay for `doctor` or `mount`.
 */

import type { WhyProblem, WhyQuestion, WhyReport } from '../lsm/apparmor/why/index.ts';
import type {
  WhyProblem as SmackProblem,
  WhyQuestion as SmackQuestion,
  WhyReport as SmackReport,
} from '../lsm/smack/why.ts';
import type {
  WhyProblem as TomoyoProblem,
  WhyQuestion as TomoyoQuestion,
  WhyReport as TomoyoReport,
} from '../lsm/tomoyo/why.ts';
import type { PreparedRun } from './launch/prepare.ts';
import type { ExecOptions, HostReport, MountOptions, RunOptions, WorldInfo } from './options.ts';
import type { PolicyInForce } from './policy.ts';
import type { WorldTree } from './tree.ts';

export type { HostCheck } from '../lsm/core/host-side.ts';
export { WorldError, type WorldErrorCode } from './errors.ts';
export type { PreparedRun } from './launch/prepare.ts';
export { type LogRecord, parseLine as parseLogLine } from './log/line.ts';
export { FAMILIES, type Family, type Mediation } from './mediation.ts';
export type {
  ExecOptions,
  HostReport,
  MountOptions,
  RunOptions,
  StackOptions,
  WorldInfo,
} from './options.ts';
export type { PolicyInForce } from './policy.ts';
export type { WorldTree } from './tree.ts';

/**
 * Starts what `runWorld` needs most time for. Optional: worth calling before the command line is read. What it starts ends with this process, or
 * becomes the world.
 */
export async function prepareRun(): Promise<PreparedRun> {
  return (await import('./launch/prepare.ts')).prepareRun();
}

/**
 * Makes a world and becomes `options.argv` in it: on success this never returns, because the process is then that command.
 * Ends the process with 127 (command not found) or 126 (not executable) after saying so on standard error.
 * @throws WorldError when the world cannot be made (exit status 125 is for the caller to set).
 */
export async function runWorld(options: RunOptions): Promise<never> {
  return (await import('./launch/run.ts')).runWorld(options);
}

/** Becomes `options.argv` inside an existing world. Same contract as {@link runWorld}. */
export async function execInWorld(options: ExecOptions): Promise<never> {
  return (await import('./launch/exec-in-world.ts')).execInWorld(options);
}

/** All worlds of this user, dead ones included (see {@link reapDeadWorlds}). */
export async function listWorlds(): Promise<readonly WorldInfo[]> {
  return (await import('./state/worlds.ts')).listWorlds();
}

/** Unmounts and removes what daemons that died left behind. @returns what was removed, as a person would name it. */
export async function reapDeadWorlds(): Promise<readonly string[]> {
  return (await import('./state/reap.ts')).reapDeadWorlds();
}

/** Ends the connections of worlds whose daemon was killed and does not end, then does what {@link reapDeadWorlds} does. @returns what was done. */
export async function repairWorlds(): Promise<readonly string[]> {
  return (await import('./state/repair.ts')).repairWorlds();
}

/** TERM, then after `graceMs` KILL to every process of the world; returns when the world is gone. */
export async function stopWorld(name: string, graceMs = 5000): Promise<void> {
  return (await import('./state/stop.ts')).stopWorld(name, graceMs);
}

/** A policy to explain decisions of, from a file. @throws WorldError */
export async function policyOfFile(file: string): Promise<PolicyInForce> {
  return (await import('./policy.ts')).policyOfFile(file);
}

/**
 * The policy that a running world decides by; without a name, of the world that is meant when there is no choice.
 * @param pid of a process whose SELinux namespace is asked; absent: our own, from inside that world, else the initial one.
 * @throws WorldError
 */
export async function policyOfWorld(name: string | undefined, pid?: number): Promise<PolicyInForce> {
  return (await import('./policy.ts')).policyOfWorld(name, pid);
}

/**
 * Why AppArmor allows or denies something, by a file of compiled profiles or else by a running world.
 * @throws WorldError
 */
export async function explainByApparmor(
  from: { readonly policy?: string | undefined; readonly world?: string | undefined },
  question: WhyQuestion,
): Promise<WhyReport | WhyProblem> {
  const { explainByFile, explainByWorld } = await import('./explain.ts');
  if (from.policy !== undefined) return explainByFile(from.policy, question);
  return explainByWorld('apparmor', from.world, question) as WhyReport | WhyProblem;
}

/** Why Smack allows or denies something in a running world. @throws WorldError */
export async function explainBySmack(
  world: string | undefined,
  question: SmackQuestion,
): Promise<SmackReport | SmackProblem> {
  const { explainByWorld } = await import('./explain.ts');
  return explainByWorld('smack', world, question) as SmackReport | SmackProblem;
}

/** Why TOMOYO allows or denies something in a running world. @throws WorldError */
export async function explainByTomoyo(
  world: string | undefined,
  question: TomoyoQuestion,
): Promise<TomoyoReport | TomoyoProblem> {
  const { explainByWorld } = await import('./explain.ts');
  return explainByWorld('tomoyo', world, question) as TomoyoReport | TomoyoProblem;
}

/** Modules, namespaces, tasks and labels of a running world; without a name, of the world that is meant when there is no choice. @throws WorldError */
export async function worldTree(name: string | undefined): Promise<WorldTree> {
  return (await import('./tree.ts')).worldTree(name);
}

/**
 * The log of a world, line by line. With `followFor`, a descriptor, it goes on until the world ends or nobody is left at the descriptor's other end.
 * @throws WorldError
 */
export async function worldLog(name: string | undefined, followFor?: number): Promise<AsyncGenerator<string>> {
  const { chooseWorld } = await import('./state/choose.ts');
  const { currentStateRoot, WorldDirectory } = await import('./state/directory.ts');
  const { readWorldLog } = await import('./log/reader.ts');
  const { isAbandoned } = await import('./sys/poll.ts');
  const follow = followFor === undefined ? undefined : (): boolean => !isAbandoned(followFor);
  return readWorldLog(new WorldDirectory(currentStateRoot(), chooseWorld(name)), follow);
}

/** Serves the whole tree under a directory until SIGINT or SIGTERM. FUSE only: no namespaces, no supervisor. */
export async function mountTree(options: MountOptions): Promise<void> {
  return (await import('./launch/mount-tree.ts')).mountTree(options);
}

/** What this host offers. */
export async function probeHost(): Promise<HostReport> {
  return (await import('./host/probe.ts')).probeHost();
}
