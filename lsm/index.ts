/**
 * The emulated security stack as a library.
 */
import { type BootEnvironment, bootStack } from './core/boot.ts';
import type { BootConfig } from './core/config.ts';
import type { Stack } from './core/stack.ts';
import { MODULES } from './modules.ts';

export { type BootEnvironment, BootError, type BootErrorCode } from './core/boot.ts';
export { KERNEL_BUILDS } from './core/builds.ts';
export type { BootConfig, KernelBuild, Profile } from './core/config.ts';
export type { ExecFile, ProcessEvent, StackEvent, SyscallEvent, TaskId } from './core/events.ts';
export type { KernelLog, ProcessFacts, ThreadFacts } from './core/facts.ts';
export type { AttrName, ModuleId } from './core/module.ts';
export type { Stack } from './core/stack.ts';
export type { GetSelfAttrInput, ListModulesInput, SetSelfAttrInput, SyscallAnswer } from './core/syscalls.ts';

/** Boots a stack of the modules this package has. */
export function boot(config: BootConfig, env: BootEnvironment): Stack {
  return bootStack(config, env, MODULES);
}
