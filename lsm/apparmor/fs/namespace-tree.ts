/**
 * The directories of policy namespaces: what `policy` leads to.
 *
 * Source: __aafs_ns_mkdir(), ns_mkdir_op(), ns_rmdir_op() of security/apparmor/apparmorfs.c. Namespaces are made and removed by making and
 * removing their directories; everything else in the tree is the kernel's.
 */

import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { NAME_MAX } from '../../../linux/fs.ts';
import { type InodeInit, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Directory } from '../../../vfs/tree/node.ts';
import type { PolicyNamespace } from '../policy/index.ts';
import type { ApparmorfsContext } from './context.ts';
import { LiveDirectory } from './live-directory.ts';
import { policyWriteFile } from './policy-write.ts';
import { ProfileDirectories, shownProfiles } from './profile-directories.ts';
import { RawDataDirectories } from './raw-data.ts';
import { RevisionFile } from './revision.ts';

const DEFAULT_MODE = 0o755;

export class NamespaceTree {
  readonly #context: ApparmorfsContext;
  readonly #profiles: ProfileDirectories;
  readonly #rawData: RawDataDirectories;
  readonly #nodes = new WeakMap<PolicyNamespace, Directory>();

  constructor(context: ApparmorfsContext) {
    this.#context = context;
    this.#profiles = new ProfileDirectories(context);
    this.#rawData = new RawDataDirectories(context);
  }

  /** @param mode of a directory that does not exist yet. */
  of(ns: PolicyNamespace, mode = DEFAULT_MODE): Directory {
    let node = this.#nodes.get(ns);
    if (node === undefined) {
      node = this.#make(ns, mode);
      this.#nodes.set(ns, node);
    }
    return node;
  }

  /** From the root namespace's directory: `/namespaces/a`; `''` for that directory itself and for one that is gone. */
  pathOf(ino: number): string {
    const find = (ns: PolicyNamespace, path: string): string | undefined => {
      if (this.#nodes.get(ns)?.ino === ino) return path;
      for (const child of ns.children) {
        const found = find(child, `${path}/namespaces/${child.directoryName}`);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return find(this.#context.security.policy.root, '') ?? '';
  }

  #make(ns: PolicyNamespace, mode: number): Directory {
    const init = (bits: number): InodeInit => this.#context.init(bits, () => ns.dead);
    const context: ApparmorfsContext = { ...this.#context, init };
    const bound = (): PolicyNamespace => ns;
    return new StaticDirectory({
      ...init(mode),
      // One that can go must not be remembered.
      cache: ns.parent === undefined ? 'static' : 'dynamic',
      entries: [
        { name: 'namespaces', node: new NamespacesDirectory(context, this, ns) },
        { name: '.remove', node: policyWriteFile(context, 0o640, 'remove', bound) },
        { name: '.replace', node: policyWriteFile(context, 0o640, 'replace', bound) },
        { name: '.load', node: policyWriteFile(context, 0o640, 'load', bound) },
        { name: 'revision', node: new RevisionFile(init(0o444), context.waiters, bound) },
        {
          name: 'raw_data',
          node: new LiveDirectory(
            init(0o755),
            this.#rawData.content(() => ns.rawData),
          ),
        },
        {
          name: 'profiles',
          node: new LiveDirectory(
            init(0o755),
            this.#profiles.content(() => shownProfiles(ns)),
          ),
        },
      ],
    });
  }
}

class NamespacesDirectory extends LiveDirectory {
  readonly #context: ApparmorfsContext;
  readonly #tree: NamespaceTree;
  readonly #ns: PolicyNamespace;

  constructor(context: ApparmorfsContext, tree: NamespaceTree, ns: PolicyNamespace) {
    super(context.init(0o755), {
      list: () =>
        ns.children.map((child) => ({ name: child.directoryName, directory: true, node: () => tree.of(child) })),
      find: (name) => {
        const child = ns.children.find(({ directoryName }) => directoryName === name);
        return child && tree.of(child);
      },
      directories: () => ns.children.length,
    });
    this.#context = context;
    this.#tree = tree;
    this.#ns = ns;
  }

  mkdir(name: string, mode: number, caller: Caller): Result<Directory> {
    const { security } = this.#context;
    const refused = security.refuseManagement(caller, 'profile_load', this.#ns);
    if (refused !== undefined) return refused;
    if (name.length > NAME_MAX) return E.ENAMETOOLONG;
    const made = security.policy.createNamespace(this.#ns, name);
    return failed(made) ? made : this.#tree.of(made, mode);
  }

  rmdir(name: string, caller: Caller): Errno | undefined {
    const { security } = this.#context;
    return (
      security.refuseManagement(caller, 'profile_remove', this.#ns) ?? security.policy.removeNamespace(this.#ns, name)
    );
  }
}
