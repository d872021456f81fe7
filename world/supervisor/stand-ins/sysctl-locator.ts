/**
 * Recognises a caller's paths to sysctls that the host's kernel lacks (daemon/served/added-sysctls.ts).
 */

import { O_DIRECTORY } from '../../../linux/fcntl.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type MayBeOurs, mayBeOurs } from '../caller/proc-path.ts';
import type { CallerPath } from './attr-locator.ts';

interface Added {
  /** Below /proc/sys. */
  readonly parent: string;
  readonly name: string;
}

export class SysctlLocator {
  readonly #view: CallerView;
  readonly #added: readonly Added[];
  /** Of these paths, and of all others. */
  readonly mayBeOurs: MayBeOurs;

  /** @param added topmost missing names, as paths below /proc/sys. */
  constructor(view: CallerView, added: readonly string[]) {
    this.#view = view;
    this.#added = added.map((path) => {
      const [, parent = '', name = ''] = /^(.*)\/([^/]+)$/.exec(path) ?? [];
      return { parent, name };
    });
    this.mayBeOurs = mayBeOurs(this.#added.flatMap(({ parent, name }) => [name, lastOf(parent)]));
  }

  /** @returns the names below /proc/sys; `undefined` when the path leads elsewhere: the kernel continues with the call. */
  locate(argument: CallerPath): readonly string[] | undefined {
    if (this.#added.length === 0) return undefined;
    const parts = argument.path.split('/').filter((part) => part !== '' && part !== '.');
    for (const { parent, name } of this.#added) {
      const at = parts.indexOf(name);
      if (at < 0) continue;
      const tail = withoutDotDot(parts.slice(at));
      const head = `${argument.path.startsWith('/') ? '/' : ''}${parts.slice(0, at).join('/')}`;
      if (tail !== undefined && this.#leadsTo({ ...argument, path: head === '' ? '.' : head }, parent)) {
        return [...parent.split('/'), ...tail];
      }
    }
    return undefined;
  }

  /** The same for a directory of the host that is opened for listing. */
  locateListing(argument: CallerPath): readonly string[] | undefined {
    const parents = new Set(this.#added.map(({ parent }) => parent));
    const last = lastOf(argument.path.replace(/\/+\.?$/, ''));
    for (const parent of parents) {
      if (last !== '.' && last !== lastOf(parent)) continue;
      if (this.#leadsTo(argument, parent)) return parent.split('/');
    }
    return undefined;
  }

  #leadsTo({ tid, dirfd, path, resolve }: CallerPath, parent: string): boolean {
    const directory = this.#view.resolveForCaller(tid, dirfd, path, O_DIRECTORY, resolve);
    if (directory < 0) return false;
    const link =
      this.#view.filesystemMagic(directory, tid) === PROC_SUPER_MAGIC
        ? this.#view.readlinkAt(-1, `/proc/thread-self/fd/${directory}`)
        : undefined;
    this.#view.close(directory);
    // No other directory of a procfs has a path that ends like this.
    return link?.endsWith(`/sys/${parent}`) === true;
  }
}

/** Nothing there is a symbolic link. @returns `undefined` for what leads out of the directory that the names are in. */
function withoutDotDot(parts: readonly string[]): string[] | undefined {
  const out: string[] = [];
  for (const part of parts) {
    if (part !== '..') out.push(part);
    else if (out.pop() === undefined) return undefined;
  }
  return out;
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
