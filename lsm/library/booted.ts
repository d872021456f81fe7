/**
 * One boot of a world: the stack, its imaginary processes, its ordinary files, and all of it mounted where a distribution
 * mounts it.
 */
import { failed } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { defaultBuild, KERNEL_BUILDS } from '../builds.ts';
import { bootStack } from '../framework/boot.ts';
import type { KernelLog } from '../framework/facts.ts';
import type { FileRead } from '../framework/files/file-reads.ts';
import { createProc } from '../framework/proc/proc.ts';
import type { SharedImages } from '../framework/shared-images.ts';
import type { Stack } from '../framework/stack.ts';
import { MOUNT_POINTS } from '../known-modules.ts';
import { MODULES } from '../modules.ts';
import { loadBootPolicy, loadBootProfiles, PolicyError } from './boot-policy.ts';
import { loadRules } from './boot-rules.ts';
import type { WorldOptions } from './options.ts';
import { Processes } from './processes.ts';
import { RootFilesystem } from './root.ts';

export interface BootParts {
  readonly log: KernelLog;
  readonly shared: SharedImages;
  /** The task that the kernel is in /proc. */
  init(): Caller;
}

export class Booted {
  readonly stack: Stack;
  readonly processes = new Processes();
  readonly mounts: MountTable;
  readonly root: RootFilesystem;

  /** @throws BootError, PolicyError */
  constructor(options: WorldOptions, { log, shared, init }: BootParts) {
    const { policy, profiles, smackRules, imaPolicy, refuse = 'unimplemented', rootType = 'ext4', ...given } = options;
    const { build = defaultBuild(options), ...config } = given;
    const defaults = { profile: 'talk', enforcing: false, parameters: {} } as const;
    this.stack = bootStack(
      {
        ...defaults,
        ...config,
        build: typeof build === 'string' ? KERNEL_BUILDS[build] : build,
        ...(refuse !== 'none' && { refuse }),
      },
      { facts: this.processes, log, shared, kill: (tid) => this.#kill(tid) },
      MODULES,
    );
    if (policy !== undefined) loadBootPolicy(this.stack, policy);
    if (profiles !== undefined) bootProfiles(this.stack, profiles);
    this.root = new RootFilesystem(this.stack, rootType, (caller) => this.processes.auditTask(caller));
    this.mounts = new MountTable(this.root.filesystem);
    this.stack.reads.reader = (read) => this.#read(read);
    this.#mountAll(init);
    loadRules(this.mounts, { smackRules, imaPolicy });
  }

  #mountAll(init: () => Caller): void {
    const { mounts, stack } = this;
    mounts.mount('/proc', createProc(stack, init));
    for (const type of stack.filesystems.types) {
      const filesystem = stack.filesystems.mount(type, KERNEL_CALLER);
      const path = MOUNT_POINTS[type];
      if (path !== undefined && !failed(filesystem)) mounts.mount(path, filesystem);
    }
    for (const [place, filesystem] of stack.sysfsDirectories) mounts.mount(`/sys/${place}`, filesystem);
  }

  /** What a module reads for a task: a file of rules. */
  #read(read: FileRead): void {
    const content = this.root.read(read, this.mounts);
    const answer = failed(content) ? { errno: content.number } : { content: Buffer.from(content).toString('base64') };
    this.stack.apply({ kind: 'file-read', serial: read.serial, ...answer });
  }

  /** What a module kills is gone at once. */
  #kill(tid: Tid): void {
    this.processes.remove(tid);
    this.stack.apply({ kind: 'exit', tid });
  }
}

function bootProfiles(stack: Stack, image: Uint8Array): void {
  const loaded = loadBootProfiles(stack, image);
  if (failed(loaded)) throw new PolicyError('BAD_PROFILES', `the profiles cannot be loaded: ${loaded.message}`, loaded);
}
