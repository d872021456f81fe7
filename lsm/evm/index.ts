/**
 * EVM: keeps owner, mode and security attributes of files from being changed behind the kernel's back.
 *
 * Model: security/integrity/evm of Linux 6.12. `security.evm` holds an HMAC of them, made anew at each change, or a
 * signature. Nothing happens before a key is loaded by way of the file `evm`. Each user namespace has attributes of its
 * own under that name, and EVM of its own for them (namespace.ts).
 */
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { CallerSymlink, type InodeInit, StaticDirectory } from '../../vfs/pseudo/index.ts';
import { type Caller, capable, type UserNamespace } from '../../vfs/tree/caller.ts';
import { INTEGRITY, integrityRefusal, logMessage } from '../framework/audit/integrity.ts';
import { KERN_ERR, KERN_INFO } from '../framework/facts.ts';
import type { InodeFacts } from '../framework/files/inode.ts';
import { type FileMetadata, metadataOf } from '../framework/files/metadata.ts';
import { NamespacedXattr, parseStored } from '../framework/files/namespaced-xattrs.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import type { Task } from '../framework/task.ts';
import { knownModule } from '../known-modules.ts';
import { ACL_NAMES } from './decide/covered.ts';
import { EvmState } from './decide/state.ts';
import { KEYRING, XATTR_EVM } from './decide/value.ts';
import { EvmVerifier } from './decide/verify.ts';
import { evmNode, evmXattrsNode, type SwitchHost } from './fs/nodes.ts';
import { EvmProtection, mayTry, type Refused } from './hooks/protect.ts';
import { EvmNamespaces } from './namespaces/namespaces.ts';

export const evm: ModuleDefinition = {
  ...knownModule('evm'),
  refusalAbout: (type, text) =>
    type === 'INTEGRITY_METADATA'
      ? integrityRefusal(text, (path) => `See the attributes: getfattr -m. -d ${path}`)
      : undefined,
  create: (host) => {
    const { config, digests, securityfsNumbers, securityfsChanges } = host;
    const state = new EvmState(config, isFixing(host));
    const verifier = new EvmVerifier(state, digests, host.keyring(KEYRING), (text) => host.log.print(text, KERN_ERR));
    const protection = new EvmProtection(state, verifier);
    const own = new NamespacedXattr(XATTR_EVM);
    const telling =
      (task: Task, file: FileMetadata, caller: Caller): Refused =>
      (op, verdict) =>
        logMessage(
          host.log,
          INTEGRITY.METADATA,
          { ...host.loginOf(task), tgid: caller.tgid, uid: caller.uid, comm: caller.comm, label: host.labelOf(task) },
          {
            op,
            cause: verdict,
            result: -E.EPERM.number,
            name: file.path.slice(file.path.lastIndexOf('/') + 1),
            file: { filesystem: { id: file.device }, ino: file.ino },
          },
        );
    const namespaces = new EvmNamespaces(host, state.fixes);
    /** An attribute that lies apart for the caller's user namespace. */
    const isOwn = (name: string, caller: Caller): boolean => parseStored(host.storedName(name, caller)) !== undefined;
    const mayChange = (task: Task, inode: InodeFacts, name: string, value: Uint8Array | undefined, caller: Caller) => {
      const may = own.mayChange(name, inode, caller);
      if (may !== 'yes' && may !== undefined) return may;
      const file = metadataOf(inode);
      if (isOwn(name, caller)) {
        const sharing = namespaces.sharing(caller.userNamespace);
        const refused = sharing.map((one) => one.mayChangeOwn(file, name, value, caller)).find((errno) => errno);
        if (refused !== undefined || sharing.some(({ isActive }) => isActive)) return refused;
        return may === 'yes' ? protection.value(value) : undefined;
      }
      const inside = namespaces.around(host.userNamespaceOf(task, caller));
      const refused = inside.map((one) => one.mayChangeShared(file, name, value, caller)).find((errno) => errno);
      if (refused !== undefined) return refused;
      return mayTry(name, caller) ? protection.xattr(file, name, value, telling(task, file, caller)) : undefined;
    };
    const added = config.build.options?.includes('EVM_ADD_XATTRS') === true;
    const init = (mode: number) => ({ ino: securityfsNumbers.next(), mode, time: config.bootTime ?? 0n });
    const directory = new StaticDirectory({
      ...init(0o755),
      changes: securityfsChanges,
      entries: [evmNode(init(0o660), switchHost(host), state), ...(added ? [evmXattrsNode(host, state)] : [])],
    });
    return {
      hooks: {
        ...own.hooks,
        inodeSetxattr: (task, inode, name, value, caller) => mayChange(task, inode, name, value, caller),
        // What cannot be stored is not kept.
        inodeSetsecurity: (_task, _inode, name) => (name === XATTR_EVM ? E.EOPNOTSUPP : undefined),
        inodeRemovexattr: (task, inode, name, caller) => mayChange(task, inode, name, undefined, caller),
        metadataSetattr: (task, file, change, caller) => {
          const around = namespaces.around(host.userNamespaceOf(task, caller));
          const inside = around.map((namespace) => namespace.mayChange(file, change));
          return inside.find((errno) => errno) ?? protection.attributes(file, change, telling(task, file, caller));
        },
        metadataChanged: (file, made) => {
          const ofHost = made.attribute === undefined || parseStored(made.attribute) === undefined;
          const kept = [
            ofHost ? verifier.updated(file) : undefined,
            ...[...namespaces.all()].map((namespace) => namespace.updated(file, made)),
          ];
          return kept.filter((one) => one !== undefined);
        },
        metadataVerify: (file, userNamespace) => {
          if (userNamespace !== undefined) return namespaces.of(userNamespace)?.verdict(file) ?? 'unknown';
          return state.isOn ? verifier.verify(file) : 'unknown';
        },
        metadataVerified: (file, userNamespace) =>
          userNamespace === undefined ? verifier.replacement(file) : undefined,
        credFree: (task) => namespaces.left(task),
      },
      xattrs: own.names,
      // It is made anew with the digest of the content.
      contentXattrs: [XATTR_EVM],
      guardsMetadata: state.followsOwner,
      guardedXattrs: [...state.covered.list.map(({ name }) => name), ...ACL_NAMES, ...own.names],
      ...(config.profile === 'talk' && {
        inOwnSecurityfs: (userNamespace: UserNamespace, initOf: (mode: number) => InodeInit) =>
          namespaces.entries(userNamespace, initOf),
      }),
      integrity: [{ name: 'evm', node: directory }],
      securityfs: [{ name: 'evm', node: new CallerSymlink(init(0o444), () => 'integrity/evm/evm') }],
    };
  },
};

function switchHost(host: ModuleHost): SwitchHost {
  return {
    encryptedKey: (description, caller) => host.encryptedKey(description, caller),
    guardMetadata: () => host.guardMetadata(),
    refuses: (caller) => (capable(caller, CAP.SYS_ADMIN) ? undefined : E.EPERM),
    inform: (text) => host.log.print(text, KERN_INFO),
  };
}

/** evm_set_fixmode() */
function isFixing({ config, log }: Pick<ModuleHost, 'config' | 'log'>): boolean {
  const { evm: mode } = config.parameters;
  if (mode === undefined) return false;
  if (mode.startsWith('fix')) return true;
  log.print(`evm: invalid "${mode}" mode`, KERN_ERR);
  return false;
}
