/**
 * The emulated security stack as a library.
 */
import { availableModules, type BootEnvironment, bootStack } from '../framework/boot.ts';
import type { BootConfig } from '../framework/config.ts';
import type { Stack } from '../framework/stack.ts';
import { MODULES } from '../modules.ts';
import { checkOptions, type WorldOptions } from './options.ts';
import { World } from './world.ts';

export { ALL_CAPABILITIES } from '../../linux/capability.ts';
export { Errno, type ErrnoCode, failed, type Result } from '../../linux/errno.ts';
export { type Tgid, type Tid, tgidOf, tidOf } from '../../linux/ids.ts';
export { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
export { FileSystemError } from '../../vfs/user/facade-error.ts';
export type { NodeFs } from '../../vfs/user/node-fs/index.ts';
export { defaultBuild, KERNEL_BUILDS } from '../builds.ts';
export { type BootEnvironment, BootError, type BootErrorCode } from '../framework/boot.ts';
export { type BootConfig, type KernelBuild, type KernelProfile, PROFILES } from '../framework/config.ts';
export type { ExecFile, MountEvent, ProcessEvent, StackEvent, SyscallEvent, TaskId } from '../framework/events.ts';
export type { KernelLog, ProcessFacts, ThreadFacts } from '../framework/facts.ts';
export type { Measurement } from '../framework/files/measurement-list.ts';
export { type LogEntry, type RecordedStack, recordStack, replayLog } from '../framework/journal.ts';
export { JournalError, readLogEntry } from '../framework/journal-entry.ts';
export { ignoredParameters, type LeftOut, leftOut } from '../framework/left-out.ts';
export { LsmfsError } from '../framework/lsmfs-error.ts';
export type { AttrName, ModuleId } from '../framework/module-facts.ts';
export type { Stack } from '../framework/stack.ts';
export type { GetSelfAttrInput, ListModulesInput, SetSelfAttrInput, SyscallAnswer } from '../framework/syscalls.ts';
export { MOUNT_POINTS } from '../known-modules.ts';
export type { AccessDecision } from './access.ts';
export { PolicyError, type PolicyErrorCode } from './boot-policy.ts';
export { type Why, WhyError, type WhyErrorCode } from './explain.ts';
export { OptionError, type OptionErrorCode, type OptionErrorData, type WorldOptions } from './options.ts';
export type { ProcessIdentity } from './processes.ts';
export type { AuditRecord, Refusal } from './records.ts';
export type { RootType } from './root.ts';
export type { World, WorldTask } from './world.ts';

/** Boots a stack of the modules this package has. */
export function boot(config: BootConfig, env: BootEnvironment): Stack {
  return bootStack(config, env, MODULES);
}

/** Names of the modules that a kernel can have. */
export function moduleNames(config: Pick<BootConfig, 'profile' | 'build'>): string[] {
  return availableModules(config, MODULES);
}

/**
 * A world in memory, without FUSE and without privileges:
 *
 * ```js
 * import { createWorld } from 'lsmfs';
 *
 * const world = createWorld({ lsm: 'yama,lockdown' });
 * const shell = world.spawn();
 * shell.fs.writeFileSync('/proc/sys/kernel/yama/ptrace_scope', '2\n');
 * world.fs.readFileSync('/sys/kernel/security/lsm', 'utf8'); // 'lockdown,capability,yama,ima,evm'
 * world.fs.writeFileSync('/etc/motd', 'hello');
 * shell.fs.readFileSync('/etc/motd', 'utf8'); // 'hello'
 * ```
 *
 * @throws OptionError for an option that it does not have, BootError for a module that it cannot have, PolicyError for a
 * policy that cannot be loaded.
 * @public
 */
export function createWorld(options: WorldOptions = {}): World {
  return new World(checkOptions(options));
}
