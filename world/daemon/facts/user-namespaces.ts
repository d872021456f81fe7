/**
 * The user namespace of a process, as far as modules ask for it. The daemon's own counts as the initial one.
 *
 * Source: ioctl_nsfs(2) NS_GET_PARENT, user_namespaces(7); the second column of uid_map is in the reader's namespace,
 * which is the daemon's.
 */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { NS_GET_PARENT } from '../../../linux/ioctl.ts';
import type { IdRange, UserNamespace } from '../../../vfs/tree/caller.ts';

/** The kernel nests no deeper. */
const DEEPEST = 32;

export class UserNamespaces {
  readonly #own = statSync('/proc/self/ns/user', { throwIfNoEntry: false })?.ino;

  /** `undefined`: the initial one, or the process has ended. */
  of(tid: number): UserNamespace | undefined {
    try {
      const namespace = `/proc/${tid}/ns/user`;
      if (statSync(namespace).ino === this.#own) return undefined;
      const [uids, gids] = [rowsOf(tid, 'uid'), rowsOf(tid, 'gid')];
      return {
        level: this.#level(openSync(namespace, 'r')),
        rootUid: rootOf(uids),
        rootGid: rootOf(gids),
        uids: uids.map(rangeOf),
        gids: gids.map(rangeOf),
      };
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

/** First id inside, first id outside, count. */
type Row = readonly [inside: number, outside: number, count: number];

function rowsOf(tid: number, kind: 'uid' | 'gid'): Row[] {
  const lines = readFileSync(`/proc/${tid}/${kind}_map`, 'latin1').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    return [inside, outside, count];
  });
}

/** What id 0 inside is outside. */
function rootOf(rows: readonly Row[]): number | undefined {
  return rows.find(([inside]) => inside === 0)?.[1];
}

function rangeOf([, first, count]: Row): IdRange {
  return { first, count };
}
