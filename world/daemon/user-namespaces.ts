/**
 * The user namespace of a process, as far as modules ask for it. The daemon's own counts as the initial one.
 *
 * Source: ioctl_nsfs(2) NS_GET_PARENT, user_namespaces(7); the second column of uid_map is in the reader's namespace, which is the daemon's.
 */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import type { UserNamespace } from '../../vfs/caller.ts';
import { NR } from '../sys/libc.ts';
import { rawSyscall } from '../sys/raw-syscall.ts';

/** _IO(0xb7, 0x2) */
const NS_GET_PARENT = 0xb702;
/** The kernel nests no deeper. */
const DEEPEST = 32;

export class UserNamespaces {
  readonly #own = statSync('/proc/self/ns/user', { throwIfNoEntry: false })?.ino;

  /** `undefined`: the initial one, or that of a process which is gone. */
  of(tid: number): UserNamespace | undefined {
    try {
      const namespace = `/proc/${tid}/ns/user`;
      if (statSync(namespace).ino === this.#own) return undefined;
      const [rootUid, rootGid] = ['uid', 'gid'].map((kind) =>
        rootOf(readFileSync(`/proc/${tid}/${kind}_map`, 'latin1')),
      );
      return { level: this.#level(openSync(namespace, 'r')), rootUid, rootGid };
    } catch {
      return undefined;
    }
  }

  /** Steps up to our own. Takes the descriptor. */
  #level(namespace: number): number {
    let at = namespace;
    for (let level = 0; ; level++) {
      const found = fstatSync(at).ino === this.#own;
      const parent = found || level > DEEPEST ? -1 : rawSyscall(NR.ioctl, at, NS_GET_PARENT);
      closeSync(at);
      if (parent < 0) return level;
      at = parent;
    }
  }
}

/** What id 0 inside is outside. */
function rootOf(map: string): number | undefined {
  const rows = map
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  return rows.find(([inside]) => inside === 0)?.[1];
}
