/**
 * The policy of a system: the tree of namespaces, and the only ways in which it changes.
 */
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { NAME_MAX } from '../../../linux/fs.ts';
import { Label } from './label.ts';
import { loadProfiles } from './load.ts';
import { PolicyNamespace } from './namespace.ts';
import { type Compression, UNCOMPRESSED } from './raw-data.ts';
import type { PolicyAudit, RecordWriter } from './records.ts';
import { rememberPolicy } from './remember.ts';
import { type PolicyChange, removeNamespaceTree, removeText } from './remove.ts';

export class Policy {
  readonly root: PolicyNamespace;
  /** Label of a task that nothing confines. */
  readonly unconfined: Label;
  readonly #onChange: PolicyChange;
  readonly #compression: Compression;

  /** @param compression of what is kept of loaded policy. */
  constructor(onChange: PolicyChange = () => {}, compression: Compression = UNCOMPRESSED) {
    this.root = new PolicyNamespace('root');
    this.unconfined = Label.of(this.root.unconfined);
    this.#onChange = onChange;
    this.#compression = compression;
  }

  /**
   * A write to .load or .replace.
   *
   * Privilege, position and lock checks are the caller's. Nothing is changed on failure except what a kernel leaves behind, too.
   *
   * @param base the namespace that the file belongs to, or that of the writer's label.
   */
  load(
    base: PolicyNamespace,
    bytes: Uint8Array,
    options: { replace: boolean },
    audit: RecordWriter<PolicyAudit>,
  ): Result<number> {
    if (bytes.length === 0) return E.EINVAL;
    return loadProfiles({
      base,
      bytes,
      replace: options.replace,
      audit,
      onChange: this.#onChange,
      compression: this.#compression,
      namespace: (name) => base.child(name) ?? this.createNamespace(base, name),
    });
  }

  /** A write to .remove. */
  remove(base: PolicyNamespace, bytes: Uint8Array, audit: RecordWriter<PolicyAudit>): Result<number> {
    return removeText(base, bytes, audit, this.#onChange);
  }

  /** @returns a function that brings back the profiles that are there now. */
  remember(): () => void {
    return rememberPolicy(this.root, this.#onChange);
  }

  /** mkdir in namespaces/. */
  createNamespace(parent: PolicyNamespace, name: string): Result<PolicyNamespace> {
    const isTaken = parent.children.some((child) => child.name === name || child.directoryName === name);
    if (isTaken) return E.EEXIST;
    if (!parent.mayHaveChildren) return E.ENOSPC;
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return E.EACCES;
    if (name.length > NAME_MAX) return E.ENAMETOOLONG;
    const ns = new PolicyNamespace(name, parent);
    parent.children.unshift(ns);
    this.#onChange(parent, 'namespaces');
    return ns;
  }

  /** rmdir in namespaces/: whatever is in it goes too. */
  removeNamespace(parent: PolicyNamespace, name: string): Errno | undefined {
    const ns = parent.child(name);
    if (ns === undefined) return E.ENOENT;
    removeNamespaceTree(ns, this.#onChange);
    return undefined;
  }
}
