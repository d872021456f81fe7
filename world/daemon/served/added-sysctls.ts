/**
 * Sysctls of the emulated kernel that the host's kernel lacks: procfs takes neither new files nor mount points, so the
 * supervisor answers calls on these names, and opens of directories that contain them.
 *
 * Model: `added` are the topmost missing names. A directory that contains one is shown as a merge of the host's entries
 * and ours; the host's files in it are read-only, because programs of a world open them by paths that are not supervised.
 */
import { existsSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { MAY_WRITE, openMask } from '../../../linux/fs.ts';
import { DynamicDirectory, type InodeNumbers, PseudoFile, readWhole } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Directory, DirectoryEntry, Node } from '../../../vfs/tree/node.ts';
import { checkAccess } from '../../../vfs/tree/permission.ts';
import { descend } from './descend.ts';

const HOST = '/proc/sys';
const READABLE_BY_ALL = 0o004;
const PERMISSIONS = 0o7777;

/** Topmost names that are missing of each path. @param exists of paths below /proc/sys. */
export function missingSysctls(
  paths: Iterable<string>,
  exists: (path: string) => boolean = (name) => existsSync(path.join(HOST, name)),
): string[] {
  const missing = new Set<string>();
  for (const name of paths) {
    const parts = name.split('/');
    const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const first = prefixes.find((prefix) => !exists(prefix));
    if (first !== undefined) missing.add(first);
  }
  return [...missing];
}

export class AddedSysctls {
  readonly #tree: Directory;
  readonly #numbers: InodeNumbers;

  /** @param tree what stands for /proc/sys. */
  constructor(tree: Directory, numbers: InodeNumbers) {
    this.#tree = tree;
    this.#numbers = numbers;
  }

  /**
   * The node for a path below /proc/sys, which the supervisor opens on behalf of a caller.
   * @param opener the caller; returns `undefined` when it has ended.
   */
  node(names: readonly string[], looker: Caller, opener: () => Caller | undefined): Result<Node> {
    const found = descend(this.#tree, names, looker);
    if (failed(found)) return found;
    const place = names.join('/');
    if (found.kind === 'directory') return existsSync(path.join(HOST, place)) ? this.#merged(place, found) : found;
    if (found.kind !== 'file') return E.ENOENT;
    const { mode, uid, gid } = found.attributes(looker);
    return new PseudoFile({ ino: found.ino, mode: mode & PERMISSIONS, uid, gid }, (flags) => {
      const caller = opener();
      return caller === undefined
        ? E.ESRCH
        : (checkAccess(found, openMask(flags), caller) ?? found.open(flags, caller));
    });
  }

  /** A directory of the host merged with `ours`. */
  #merged(place: string, ours: Directory | undefined): Directory {
    const host = path.join(HOST, place);
    const lookup = (name: string, caller: Caller): Result<Node> => {
      const found = ours?.lookup(name, caller) ?? E.ENOENT;
      const stats = statOf(path.join(host, name));
      if (stats === undefined) return found;
      if (!stats.isDirectory()) return failed(found) ? this.#hostFile(path.join(host, name), stats) : found;
      const below = failed(found) || found.kind !== 'directory' ? undefined : found;
      return this.#merged(`${place}/${name}`, below);
    };
    const entries = (caller: Caller): Result<readonly DirectoryEntry[]> => {
      const own = ours?.entries(caller) ?? [];
      if (failed(own)) return own;
      const names = new Set([...readdirSync(host), ...own.map(({ name }) => name)]);
      // By name, as the kernel keeps them (namecmp of fs/proc/proc_sysctl.c).
      return [...names].sort().flatMap((name) => {
        const node = lookup(name, caller);
        return failed(node) ? [] : { name, node };
      });
    };
    return new DynamicDirectory({ ino: this.#numbers.next(), mode: 0o555, nlink: 1, lookup, entries });
  }

  #hostFile(file: string, { mode, uid, gid }: Stats): Node {
    const handle = {
      writeMovesPosition: true,
      read: readWhole(() => readFileSync(file, 'latin1')),
    };
    return new PseudoFile({ ino: this.#numbers.next(), mode: mode & PERMISSIONS, uid, gid }, (flags) =>
      (mode & READABLE_BY_ALL) === 0 || (openMask(flags) & MAY_WRITE) !== 0 ? E.EACCES : handle,
    );
  }
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
