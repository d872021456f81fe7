/**
 * The user namespace of a process, as far as modules ask for it. The daemon's own counts as the initial one.
 *
 * Source: ioctl_nsfs(2) NS_GET_PARENT, user_namespaces(7); the second column of uid_map is in the reader's namespace,
 * which is the daemon's.
 */
import { closeSync, fstatSync, readFileSync, statSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { followProcessLink, openProcessFile } from '../../../host/process/process-files.ts';
import type { OwnerIds } from '../../../host/process/user-namespace.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { Tid } from '../../../linux/ids.ts';
import { NS_GET_OWNER_UID, NS_GET_PARENT } from '../../../linux/ioctl.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import { idOutside, type MappedIds, UNKNOWN_NAMESPACE, type UserNamespace } from '../../../vfs/tree/caller.ts';

/** The kernel nests no deeper (create_user_ns(): a level above 32 is ENOSPC). */
const DEEPEST = 33;
const LINK = 'ns/user';
export class UserNamespaces {
  readonly #own = statSync('/proc/self/ns/user', { throwIfNoEntry: false })?.ino;
  readonly #root: OwnerIds;
  /** uid_t */
  readonly #uid = allocateNative(4);

  /** @param root ids that modules know as 0. */
  constructor(root: OwnerIds) {
    this.#root = root;
  }

  /** `undefined`: the initial one, or the process has ended. */
  of(tid: Tid): UserNamespace | undefined {
    try {
      const target = followProcessLink(tid, LINK);
      const id = typeof target === 'number' ? this.#own : Number(/\d+/.exec(target)?.[0]);
      if (id === undefined || id === this.#own) return undefined;
      const [uids, gids] = [rangesOf(tid, 'uid', this.#root.uid), rangesOf(tid, 'gid', this.#root.gid)];
      const namespace = openProcessFile(tid, LINK);
      if (namespace < 0) return UNKNOWN_NAMESPACE;
      const ancestors = this.#ancestors(namespace);
      return { id, ancestors, rootUid: idOutside(uids, 0), rootGid: idOutside(gids, 0), uids, gids };
    } catch {
      return undefined;
    }
  }

  /**
   * Who has made the namespace in our own that a process is in, or in one inside of which it is: with it he got all the ids that it has.
   * `undefined`: it is in our own, or has ended.
   */
  outermostOf(tid: Tid): { readonly id: number; readonly owner: number } | undefined {
    try {
      const target = followProcessLink(tid, LINK);
      if (typeof target === 'number' || Number(/\d+/.exec(target)?.[0]) === this.#own) return undefined;
      let found: { readonly id: number; readonly owner: number } | undefined;
      this.#upwards(openProcessFile(tid, LINK), (id, fd) => {
        found = { id, owner: this.#ownerOf(fd) };
      });
      return found;
    } catch {
      return undefined;
    }
  }

  #ownerOf(namespace: number): number {
    const { view, address } = this.#uid;
    return rawSyscall(NR.ioctl, namespace, NS_GET_OWNER_UID, address) < 0 ? 0 : view.getUint32(0, true);
  }

  /** From the nearest one to that in our own. Takes the descriptor. */
  #ancestors(namespace: number): number[] {
    const found: number[] = [];
    this.#upwards(namespace, (id) => found.push(id));
    return found.slice(1);
  }

  /** Visits a namespace and those around it. Takes the descriptor. */
  #upwards(namespace: number, visit: (id: number, fd: number) => void): void {
    for (let at = namespace, count = 0; at >= 0; count++) {
      const { ino } = fstatSync(at);
      if (ino !== this.#own) visit(ino, at);
      const parent = ino === this.#own || count > DEEPEST ? -1 : rawSyscall(NR.ioctl, at, NS_GET_PARENT);
      closeSync(at);
      at = parent;
    }
  }
}

/** @param ofRoot the id of the host that modules know as 0. */
function rangesOf(tid: Tid, kind: 'uid' | 'gid', ofRoot: number): MappedIds[] {
  const lines = readFileSync(`/proc/${tid}/${kind}_map`, 'latin1').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [inside = 0, first = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    return { inside, first: count === 1 && first === ofRoot ? 0 : first, count };
  });
}

/** Tells the stack the user namespace of every task. Children inherit it from then on. */
export function noteUserNamespaces(stack: Stack, facts: { userNamespace(tid: Tid): UserNamespace | undefined }): void {
  for (const { tid, process } of [...stack.tasks.all()]) {
    stack.userNamespaces.note({ tid, tgid: process.tgid, userNamespace: facts.userNamespace(tid) });
  }
}
