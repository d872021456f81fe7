/**
 * Security attributes that each user namespace has separately on every file: under the plain name inside of it, and under
 * a different name in storage.
 *
 * No kernel has that. The names follow what was proposed for file capabilities (`security.capability@uid=`): a
 * namespace is known by what its root is outside, which is the same when a container is started again. They lie in
 * `trusted.`, which the kernel shows to no user namespace, and nobody sees or sets them under those names. A namespace
 * without a value of its own reads the value of the host, and its first own value does not change that.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { type Caller, capable, capableInOwn, isMappedId, type UserNamespace } from '../../../vfs/tree/caller.ts';
import type { Hooks } from '../hook-table.ts';
import type { InodeFacts } from './inode.ts';

type Owned = Pick<InodeFacts, 'uid' | 'gid'>;

const PREFIX = 'trusted.lsmns.';
const PLAIN = 'security.';

/** What a namespace calls `security.NAME` where it is stored. */
export function storedIn(userNamespace: UserNamespace | undefined, name: string): string {
  const root = userNamespace?.rootUid;
  return root === undefined ? name : `${prefixOf(root)}${name.slice(PLAIN.length)}`;
}

/**
 * Attributes of a file, by stored names, as a namespace sees them: its own go before those of the host.
 * @param apart those that it does not have from the host.
 */
export function seenIn(
  userNamespace: UserNamespace,
  stored: Readonly<Record<string, string>>,
  apart: readonly string[] = [],
): Readonly<Record<string, string>> {
  const { rootUid } = userNamespace;
  const all = Object.entries(stored);
  const own = rootUid === undefined ? undefined : prefixOf(rootUid);
  return Object.fromEntries([
    ...all.filter(([name]) => !name.startsWith(PREFIX) && !apart.includes(name)),
    ...all.flatMap(([name, value]) =>
      own !== undefined && name.startsWith(own) ? [[`${PLAIN}${name.slice(own.length)}`, value]] : [],
    ),
  ]);
}

/** Has the namespace the owner and the group of this file? */
export function hasOwnerOf({ uids, gids }: UserNamespace, { uid, gid }: Owned): boolean {
  return isMappedId(uids, uid) && isMappedId(gids, gid);
}

/** Of a namespace, in the names of its attributes: what its root is outside, in 8 hexadecimal digits. */
export function namespaceId(root: number): string {
  return root.toString(16).padStart(8, '0');
}

/** An attribute as it is stored, taken apart. */
export interface StoredName {
  /** As of {@link namespaceId}. */
  readonly id: string;
  /** `security.ima` */
  readonly name: string;
}

/** `undefined` = it is none of a namespace. */
export function parseStored(stored: string): StoredName | undefined {
  const [, id, rest] =
    /^([0-9a-f]{8})\.(.+)$/s.exec(stored.startsWith(PREFIX) ? stored.slice(PREFIX.length) : '') ?? [];
  return id === undefined ? undefined : { id, name: `${PLAIN}${rest}` };
}

/** The inverse. */
export function storedName({ id, name }: StoredName): string {
  return `${PREFIX}${id}.${name.slice(PLAIN.length)}`;
}

function prefixOf(root: number): string {
  return `${PREFIX}${namespaceId(root)}.`;
}

export class NamespacedXattr {
  /** `security.ima` */
  readonly #name: string;
  readonly #suffix: string;

  constructor(name: string) {
    this.#name = name;
    this.#suffix = `.${name.slice(PLAIN.length)}`;
  }

  /** For `Module.xattrs`. */
  get names(): readonly string[] {
    return [this.#name, PREFIX];
  }

  /** Does the caller have an attribute of its own? */
  isNamespaced(caller: Caller): boolean {
    return this.#stored(caller) !== this.#name;
  }

  /** May the attribute be set? `undefined` = another attribute. */
  mayChange(name: string, inode: Owned, caller: Caller): 'yes' | Errno | undefined {
    if (name.startsWith(PREFIX)) return E.EPERM;
    if (name !== this.#name) return undefined;
    const may = capable(caller, CAP.SYS_ADMIN) || this.#inNamespace(inode, caller);
    return may ? 'yes' : E.EPERM;
  }

  readonly hooks: Pick<Hooks, 'inodeStoredName' | 'inodeVisibleName' | 'inodeGetsecurity'> = {
    inodeStoredName: (_task, name, caller) => (name === this.#name ? this.#stored(caller) : E.EOPNOTSUPP),
    inodeVisibleName: (_task, stored, caller) => this.#visible(stored, caller),
    inodeGetsecurity: (_task, inode, name, caller) => this.#get(inode, name, caller),
  };

  #get({ xattrs }: InodeFacts, name: string, caller: Caller): Result<Uint8Array> {
    if (name.startsWith(PREFIX)) return E.ENODATA;
    const stored = name === this.#name ? this.#stored(caller) : name;
    const value = stored === name ? undefined : xattrs[stored];
    return value === undefined ? E.EOPNOTSUPP : bytesOf(value);
  }

  /** The administrator of a namespace may, for files whose owner and group the namespace has. */
  #inNamespace(inode: Owned, caller: Caller): boolean {
    const { userNamespace } = caller;
    if (userNamespace?.rootUid === undefined || !capableInOwn(caller, CAP.SYS_ADMIN)) return false;
    return hasOwnerOf(userNamespace, inode);
  }

  #stored({ userNamespace }: Caller): string {
    return storedIn(userNamespace, this.#name);
  }

  #visible(stored: string, caller: Caller): Result<string> {
    if (!stored.startsWith(PREFIX) || !stored.endsWith(this.#suffix)) return E.EOPNOTSUPP;
    return stored === this.#stored(caller) ? this.#name : '';
  }
}
