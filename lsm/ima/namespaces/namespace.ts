/**
 * An IMA namespace: what a user namespace has of IMA from when it first mounts securityfs.
 *
 * Until `active` is written it does nothing. From then on it has rules, a list and states of files of its own, for
 * what its processes do and those of user namespaces inside of it.
 */
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { type Caller, capable, capableWithin, isWithin, type UserNamespace } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import { isAvailable, isOld } from '../../framework/digests/hash.ts';
import type { FileUse, UseContext, UsedFile, UseNeeds } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import { hasOwnerOf, seenIn, storedIn } from '../../framework/files/namespaced-xattrs.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task } from '../../framework/task.ts';
import { createState, type ImaState, type StateOptions } from '../decide/state.ts';
import { XATTR_EVM, XATTR_IMA } from '../decide/xattr-value.ts';
import type { SetxattrHost } from '../hooks/setxattr.ts';
import { builtinTemplate, customTemplate, type Template, Templates } from '../list/template.ts';
import type { Settings } from '../parameters.ts';
import { Policy } from '../policy/policy.ts';
import type { Action } from '../policy/rule.ts';
import type { ContainerPcr } from './container-pcr.ts';
import type { ImaNamespaceRules } from './rules.ts';

export interface NamespaceInit {
  /** Of its filesystem. */
  readonly instance: number;
  readonly userNamespace: UserNamespace;
  readonly rules: ImaNamespaceRules;
  /** Those of the namespace around it. */
  readonly settings: Settings;
  readonly host: ModuleHost;
  readonly origin: StateOptions['origin'];
  readonly isNamed: StateOptions['isNamed'];
  /** Absent: the machine has no TPM. */
  readonly register?: ContainerPcr | undefined;
}

export class ImaNamespace {
  readonly instance: number;
  /** As it was when somebody in it mounted last: its ids may be mapped late. */
  userNamespace: UserNamespace;
  readonly policy = new Policy([]);
  readonly register: ContainerPcr | undefined;
  /** Once it was asked for. */
  filesystem: Filesystem | undefined;
  readonly #rules: ImaNamespaceRules;
  readonly #host: ModuleHost;
  readonly #names: Pick<StateOptions, 'origin' | 'isNamed'>;
  #settings: Settings;
  #templates: Templates;
  #state: ImaState | undefined;

  constructor({ instance, userNamespace, rules, settings, host, origin, isNamed, register }: NamespaceInit) {
    this.instance = instance;
    this.userNamespace = userNamespace;
    this.#rules = rules;
    this.#host = host;
    this.register = register;
    this.#names = { origin, isNamed };
    // Records that only inform are about the initial namespace.
    this.#settings = { ...settings, informs: false };
    this.#templates = new Templates(settings.template, settings.knownTemplates);
  }

  /** `undefined` until it is active. */
  get state(): ImaState | undefined {
    return this.#state;
  }

  /** What values of security.ima may be. */
  get setxattrRules(): Pick<SetxattrHost, 'allowed' | 'algorithm'> {
    return { allowed: this.policy.setxattrAlgorithms, algorithm: this.#settings.algorithm };
  }

  get settings(): Settings {
    return this.#settings;
  }

  get templates(): Templates {
    return this.#templates;
  }

  /** EBUSY when it is active already. */
  activate(caller: Caller): Errno | undefined {
    if (this.#state !== undefined) return E.EBUSY;
    if (this.#rules.full && !capableWithin(caller, CAP.MAC_ADMIN, this.userNamespace)) return E.EPERM;
    // hash_setup(): the template has room for the old algorithms alone.
    const { template, algorithm } = this.#settings;
    if (template.name === 'ima' && !isOld(algorithm)) this.#settings = { ...this.#settings, algorithm: 'sha1' };
    this.#state = createState(this.#host, {
      settings: this.#settings,
      policy: this.policy,
      listsBoot: this.#rules.full,
      attestation: this.register,
      ...this.#names,
      store: (file, value) => this.#store(file, value),
      userNamespace: this.userNamespace,
    });
    this.#host.watchFiles();
    return undefined;
  }

  /** Before it is active. EINVAL for what the kernel does not have, or the template has no room for. */
  setAlgorithm(algorithm: string): Errno | undefined {
    if (this.#state !== undefined) return E.EPERM;
    const fits = this.#settings.template.name !== 'ima' || isOld(algorithm);
    if (!isAvailable(algorithm) || !fits) return E.EINVAL;
    this.#settings = { ...this.#settings, algorithm };
    return undefined;
  }

  /** The same for the template, by name or format. `ima` brings its algorithm with it, unless there is one that it has room for. */
  setTemplate(text: string): Errno | undefined {
    if (this.#state !== undefined) return E.EPERM;
    const { knownTemplates: known } = this.#settings;
    const template: Template | undefined = builtinTemplate(text, known) ?? customTemplate(text, known);
    if (template === undefined) return E.EINVAL;
    this.#settings = { ...this.#settings, template };
    this.#templates = new Templates(template, known);
    return undefined;
  }

  /** securityfs_permission(): whoever is in neither this user namespace nor one around it. */
  excludes({ tid, userNamespace }: Caller): Errno | undefined {
    return tid === 0 || isWithin(this.userNamespace, userNamespace) ? undefined : E.EACCES;
  }

  /** mac_admin_ns_capable() */
  isAdministrator(caller: Caller): boolean {
    return [CAP.MAC_ADMIN, CAP.SYS_ADMIN].some((capability) => capableWithin(caller, capability, this.userNamespace));
  }

  /**
   * May this caller have such a rule here? Rules to audit write to the log of the initial namespace, so they are for
   * its root (may_set_audit_rule_in_ns()).
   */
  refuses(action: Action, caller: Caller): Errno | undefined {
    if (action === 'audit') {
      const asRoot = caller.uid === 0 && capableWithin(caller, CAP.AUDIT_WRITE, this.userNamespace);
      return asRoot || capable(caller, CAP.AUDIT_WRITE) ? undefined : E.EPERM;
    }
    return this.#rules.full || action.startsWith('dont_') ? undefined : E.EINVAL;
  }

  needs(use: FileUse, context: UseContext): UseNeeds | undefined {
    return this.#state?.measuring.needs(this.#seen(use), context);
  }

  use(task: Task, use: FileUse, context: UseContext): Errno | undefined {
    return this.#state?.measuring.use(task, this.#seen(use), context);
  }

  /** Somebody may set or remove an attribute. @param stored its name where it is stored: it may be that of another namespace. */
  attributeSet(inode: InodeFacts, name: string, stored: string): void {
    const own = storedIn(this.userNamespace, name);
    const ofHost = stored === name && inode.xattrs[own] === undefined;
    if (stored === own || ofHost) this.#state?.measuring.attributeSet(inode, name);
  }

  #seen(use: FileUse): FileUse {
    const { inode } = use.file;
    return { ...use, file: { ...use.file, inode: { ...inode, xattrs: this.#visible(inode.xattrs) } } };
  }

  #store(file: UsedFile, value: string): InodeFacts['xattrs'] {
    const name = storedIn(this.userNamespace, XATTR_IMA);
    const { inode } = file;
    if (name === XATTR_IMA || !hasOwnerOf(this.userNamespace, inode)) return { ...inode.xattrs, [XATTR_IMA]: value };
    // Nothing but what it sees matters to what follows in this namespace.
    const own = Object.entries(inode.xattrs).map(([seen, content]) => [
      seen.startsWith('security.') ? storedIn(this.userNamespace, seen) : seen,
      content,
    ]);
    const stored = { ...file, inode: { ...inode, xattrs: Object.fromEntries(own) } };
    return this.#visible(this.#host.storeXattr(stored, name, value));
  }

  /** The host's HMACs and signatures of metadata are not about what the namespace sees. */
  #visible(stored: InodeFacts['xattrs']): InodeFacts['xattrs'] {
    return seenIn(this.userNamespace, stored, [XATTR_EVM]);
  }
}
