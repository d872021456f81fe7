/**
 * The second transport: the npm package fuse-native (libfuse 2), for hosts where only that is available. Same tree, fewer powers:
 * every request has the same identity; nothing is pushed (changed entries and the SELinux status page are seen only
 * when asked for, and no file can be mapped shared); no poll, and a waiting read cannot be interrupted; a write(2) of
 * more than 128 KiB arrives in parts; paths are UTF-8, times have milliseconds, rename flags are not supported.
 */
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { Transport } from '../server/transport.ts';
import { loadFuseNative, type NativeMount } from './binding.ts';
import { NativeOperations } from './operations.ts';

export interface FuseNativeOptions {
  readonly onTrace?: ((text: string) => void) | undefined;
  /** Nanoseconds since the epoch. */
  readonly now?: (() => bigint) | undefined;
}

/** fuse-native has no option for these, but it does not look into the one it passes on. */
const HIDDEN_OPTIONS = 'direct_io,big_writes';
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** Mounts `filesystem` at an existing directory and serves it for `fixedCaller`. Rejects with a message that names the remedy. */
export async function serveWithFuseNative(
  filesystem: Filesystem,
  mountpoint: string,
  fixedCaller: Caller,
  options: FuseNativeOptions = {},
): Promise<Transport> {
  const Fuse = await loadFuseNative();
  const now = options.now ?? (() => BigInt(Date.now()) * NANOSECONDS_PER_MILLISECOND);
  const operations = new NativeOperations(filesystem, fixedCaller, now, options.onTrace ?? (() => {}));
  const mount = new Fuse(mountpoint, operations.table(), {
    // A time-out per request would end reads that wait.
    timeout: false,
    allowOther: true,
    defaultPermissions: true,
    // As text: the number 0 is dropped.
    entryTimeout: '0',
    attrTimeout: '0',
    fsname: `${filesystem.type},${HIDDEN_OPTIONS}`,
    subtype: filesystem.type,
  });
  await new Promise<void>((resolve, reject) => {
    mount.mount((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
  return new NativeTransport(mount, operations);
}

class NativeTransport implements Transport {
  readonly ended: Promise<string>;
  readonly #mount: NativeMount;
  readonly #operations: NativeOperations;
  #resolve: (reason: string) => void = () => {};
  #closing = false;

  constructor(mount: NativeMount, operations: NativeOperations) {
    this.#mount = mount;
    this.#operations = operations;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#mount.unmount((error) => {
      this.#operations.files.closeAll();
      this.#resolve(error === null || error === undefined ? 'closed' : error.message);
    });
  }
}
