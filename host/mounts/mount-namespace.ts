/**
 * Visiting a mount namespace.
 *
 * setns(2) moves the root and the working directory of the thread to those of the namespace, so coming back is three steps. The thread must
 * have a filesystem context of its own, or Node's other threads would travel with it: callers have called unshare(2) with CLONE_NEWNS
 * or CLONE_FS.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { O_PATH } from '../../linux/fcntl.ts';
import { libcFunction } from '../libc.ts';
import { type Propagation, setMountNamespace, setPropagation } from './mount.ts';

const fchdir = libcFunction('fchdir', ['int']);
const chroot = libcFunction('chroot', ['str']);

/**
 * Calls `act` with this thread in the mount namespace behind the descriptor `namespace` and comes back.
 * @param root descriptor of the directory to look paths up from; absent = the root of the namespace.
 * @returns what `act` returns, or a negative errno when the namespace cannot be entered.
 */
export function inMountNamespace(namespace: number, act: () => number, root?: number): number {
  const home = openSync('/proc/thread-self/ns/mnt', constants.O_RDONLY);
  const ourRoot = openSync('/', constants.O_RDONLY | O_PATH);
  const ourDirectory = openSync('.', constants.O_RDONLY | O_PATH);
  try {
    const entered = setMountNamespace(namespace);
    if (entered < 0) return entered;
    let result: number;
    try {
      const moved = root === undefined ? 0 : changeRoot(root);
      result = moved < 0 ? moved : act();
    } catch (error) {
      comeBack(home, ourRoot, ourDirectory);
      throw error;
    }
    comeBack(home, ourRoot, ourDirectory);
    return result;
  } finally {
    for (const fd of [home, ourRoot, ourDirectory]) closeSync(fd);
  }
}

/** A thread that cannot come back would resolve every later path in the wrong place: better none than that one. */
function comeBack(namespace: number, root: number, directory: number): void {
  const back = setMountNamespace(namespace);
  if (back < 0) throw new Error(`cannot return to our mount namespace: errno ${-back}`);
  changeRoot(root);
  fchdir(directory);
}

/**
 * Changes the propagation of every mount that this thread can reach. Below a chroot(2) whose root is not a mount point that includes the
 * mount that carries the root: it has no path there, so it is changed from the true root of the namespace.
 */
export function setPropagationEverywhere(kind: Propagation): number {
  const changed = setPropagation(kind);
  if (changed !== -ERRNO.EINVAL) return changed;
  const namespace = openSync('/proc/thread-self/ns/mnt', constants.O_RDONLY);
  try {
    return inMountNamespace(namespace, () => setPropagation(kind));
  } finally {
    closeSync(namespace);
  }
}

function changeRoot(directory: number): number {
  const entered = fchdir(directory);
  return entered < 0 ? entered : chroot('.');
}
