/**
 * Answers that were parsed from a process's mountinfo, valid as long as its mount namespace has the same mounts.
 *
 * Model: device, type and mounting user of a superblock do not change as long as a mount exists, and a 64-bit mount id
 * is never reused. So an answer that depends on nothing else is valid while listmount(2) returns the same ids, which is
 * checked for every question. Mount points and options are not cached: renaming a directory changes them without
 * changing an id.
 *
 * An answer is kept only where the list has every mount of the namespace: a changed root hides mounts, which can become
 * visible without a new mount. An open mountinfo with poll(2) would be an alternative, but it keeps its mount namespace
 * and root busy.
 */
import { readFileSync } from 'node:fs';
import { MountQuery, type ProcessName } from '../../../host/mounts/mount-query.ts';

/** Answers that are kept. */
const MOST = 16;

interface Entry<T> {
  readonly ids: Uint8Array;
  readonly value: T;
}

export class MountCache<T> {
  readonly #query: MountQuery;
  /** By namespace, root and variant; the one that was used last is the last. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor(query = new MountQuery()) {
    this.#query = query;
  }

  /**
   * @param variant what the answer depends on besides the list.
   * @param parse of the text of mountinfo; empty when the process is gone: then nothing is known, and nothing is asked.
   */
  get(process: ProcessName, variant: string, parse: (mountinfo: string) => T): T {
    const namespace = this.#query.namespaceOf(process);
    const root = namespace === undefined ? undefined : this.#query.rootMountOf(process);
    const ids = namespace === undefined || root === undefined ? undefined : this.#query.list(namespace);
    if (namespace === undefined || ids === undefined) return parse(mountInfo(process));
    const key = `${namespace} ${root} ${variant}`;
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    if (known !== undefined && Buffer.compare(known.ids, ids) === 0) {
      this.#entries.set(key, known);
      return known.value;
    }
    const before = ids.slice();
    const text = mountInfo(process);
    const value = parse(text);
    const after = this.#query.list(namespace);
    const same = after !== undefined && Buffer.compare(before, after) === 0;
    if (same && countLines(text) === before.length / 8 && this.#isOurRoot(process, namespace, root)) {
      this.#entries.set(key, { ids: before, value });
      for (const oldest of this.#entries.keys()) {
        if (this.#entries.size <= MOST) break;
        this.#entries.delete(oldest);
      }
    }
    return value;
  }

  /** Was the answer parsed from a list that has this mount? `false` also for an answer that is not kept. */
  isAbout(value: T, mount: bigint): boolean {
    for (const { ids, value: known } of this.#entries.values()) {
      if (known === value) return new BigUint64Array(ids.buffer, ids.byteOffset, ids.length / 8).includes(mount);
    }
    return false;
  }

  /** Of our own namespace the numbers are those below our root: it must be that of the process. */
  #isOurRoot(process: ProcessName, namespace: bigint, root: bigint | undefined): boolean {
    if (process === 'thread-self' || this.#query.namespaceOf('thread-self') !== namespace) return true;
    return this.#query.rootMountOf('thread-self') === root;
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

function mountInfo(process: ProcessName): string {
  try {
    return readFileSync(`/proc/${process}/mountinfo`, 'latin1');
  } catch {
    return '';
  }
}
