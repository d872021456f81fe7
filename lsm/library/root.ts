/**
 * The root filesystem of a world in memory: ordinary files with attributes, about which the modules decide.
 */
import { textOf } from '../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { O_RDONLY } from '../../linux/fcntl.ts';
import { MAY_EXEC, MAY_READ } from '../../linux/fs.ts';
import { EXT4_SUPER_MAGIC, TMPFS_MAGIC } from '../../linux/magic.ts';
import { isLabelled, type LabelledObject } from '../../vfs/labelled/index.ts';
import { memoryFilesystem } from '../../vfs/labelled/memory.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { checkAccess } from '../../vfs/tree/permission.ts';
import type { MountTable } from '../../vfs/user/mounts.ts';
import { Walk } from '../../vfs/user/walk.ts';
import type { ExecFile } from '../framework/events.ts';
import type { FileRead } from '../framework/files/file-reads.ts';
import type { AuditTask } from '../framework/files/file-use.ts';
import { interpreterOf, MOST_INTERPRETERS } from '../framework/files/script.ts';
import { fileFacts, type TreeSuperblock } from '../framework/labelled/facts.ts';
import { StackTreeSecurity } from '../framework/labelled/security.ts';
import type { Stack } from '../framework/stack.ts';

/**
 * What modules take the root filesystem for: a policy may label files of each type in its own way, or not at all.
 * @public
 */
export type RootType = 'ext4' | 'tmpfs';

const SUPERBLOCKS: Readonly<Record<RootType, TreeSuperblock>> = {
  ext4: { type: 'ext4', magic: EXT4_SUPER_MAGIC, id: 'sda1', device: '8:1' },
  tmpfs: { type: 'tmpfs', magic: TMPFS_MAGIC, id: 'tmpfs', device: '0:1' },
};
/** Directories that every distribution has, with their permission bits. */
const DIRECTORIES: readonly (readonly [name: string, mode: number])[] = [
  ['bin', 0o755],
  ['etc', 0o755],
  ['home', 0o755],
  ['lib', 0o755],
  ['root', 0o700],
  ['run', 0o755],
  ['tmp', 0o1777],
  ['usr', 0o755],
  ['var', 0o755],
];

export class RootFilesystem {
  readonly filesystem: Filesystem;
  readonly #stack: Stack;
  readonly #superblock: TreeSuperblock;
  readonly #security: StackTreeSecurity;

  constructor(stack: Stack, type: RootType, auditTask: (caller: Caller) => AuditTask) {
    const superblock = SUPERBLOCKS[type];
    this.#stack = stack;
    this.#superblock = superblock;
    this.#security = new StackTreeSecurity({ stack, superblock, auditTask });
    const filesystem = memoryFilesystem({ security: this.#security, type, magic: superblock.magic });
    if (failed(filesystem)) throw new Error(`the root filesystem cannot be made: ${filesystem.code}`);
    for (const [name, mode] of DIRECTORIES) filesystem.root.mkdir?.(name, mode, KERNEL_CALLER);
    this.filesystem = filesystem;
  }

  /**
   * A program that is about to be executed, with the facts of its file; unchanged where there is no such file here.
   * EACCES for one that is not executable, or what a module refuses it with.
   */
  program(file: ExecFile, mounts: MountTable, caller: Caller): Result<ExecFile> {
    const place = new Walk(mounts, caller).resolve(file.path, true);
    if (file.inode !== undefined || place === E.ENOENT) return file;
    if (failed(place)) return place;
    const { node, filesystem } = place;
    if (filesystem !== this.filesystem || node.kind !== 'file' || !isLabelled(node)) return E.EACCES;
    const program = { ...file, inode: fileFacts(node, this.#superblock).inode };
    return (
      checkAccess(node, MAY_EXEC, caller) ??
      this.#stack.files.mayExec(program, caller) ??
      this.#used(node, caller) ??
      this.#interpreted(node, mounts, caller) ??
      program
    );
  }

  /** Of a script: its interpreter, the interpreter of that if it is a script, too, and so on, as far as they are here. */
  #interpreted(script: LabelledObject, mounts: MountTable, caller: Caller): Errno | undefined {
    let object = script;
    for (let count = 1; count < MOST_INTERPRETERS; count++) {
      const content = object.content();
      const path = failed(content) ? undefined : interpreterOf(textOf(content));
      const place = path === undefined ? E.ENOENT : new Walk(mounts, caller).resolve(path, true);
      if (place === E.ENOENT) return undefined;
      if (failed(place)) return place;
      const { node, filesystem } = place;
      if (filesystem !== this.filesystem || node.kind !== 'file' || !isLabelled(node)) return E.EACCES;
      const refused = checkAccess(node, MAY_EXEC, caller) ?? this.#used(node, caller);
      if (refused !== undefined) return refused;
      object = node;
    }
    return undefined;
  }

  /**
   * Reads a file for a module, with the rights of who has it read. EINVAL for an empty one, and for all that is no ordinary file of
   * this filesystem.
   */
  read({ hook, path, caller }: FileRead, mounts: MountTable): Result<Uint8Array> {
    const place = new Walk(mounts, caller).resolve(path, true);
    if (failed(place)) return place;
    const { node, filesystem } = place;
    if (filesystem !== this.filesystem || node.kind !== 'file' || !isLabelled(node)) return E.EINVAL;
    const refused =
      checkAccess(node, MAY_READ, caller) ??
      this.#security.permission(node, MAY_READ, caller) ??
      this.#security.open(node, O_RDONLY, caller);
    if (refused !== undefined) return refused;
    const content = node.content();
    if (!failed(content) && content.length === 0) return E.EINVAL;
    return this.#security.uses.decide(node, { hook, mask: MAY_READ }, caller) ?? content;
  }

  #used(object: LabelledObject, caller: Caller): Errno | undefined {
    for (const hook of ['open', 'exec', 'creds'] as const) {
      const refused = this.#security.uses.decide(object, { hook, mask: MAY_EXEC }, caller);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }
}
