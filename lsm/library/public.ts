/**
 * lsmfs as a library: worlds of security modules in memory.
 * @packageDocumentation
 */
export type { Caller } from '../../vfs/tree/caller.ts';
export type { NodeFs } from '../../vfs/user/node-fs/index.ts';
export {
  type AccessDecision,
  ALL_CAPABILITIES,
  type AuditRecord,
  BootError,
  type BootErrorCode,
  createWorld,
  type ExecFile,
  FileSystemError,
  KERNEL_BUILDS,
  type KernelBuild,
  type KernelProfile,
  LsmfsError,
  type Measurement,
  OptionError,
  type OptionErrorCode,
  type OptionErrorData,
  PolicyError,
  type PolicyErrorCode,
  PROFILES,
  type ProcessIdentity,
  type Refusal,
  type RootType,
  type Why,
  WhyError,
  type WhyErrorCode,
  type World,
  type WorldOptions,
  type WorldTask,
} from './index.ts';
