/**
 * EVM: protects security attributes of files; here the file by which it is set up.
 *
 * Model: evm_read_key() and evm_write_key() of security/integrity/evm/evm_secfs.c. The key of the HMAC would be an
 * encrypted one called `evm-key`; keys of the emulated kernel do not exist, so nobody can turn the HMAC on, and
 * attributes are not verified.
 */

import { textOf, untilNul } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E, failed, type Result } from '../../linux/errno.ts';
import { CallerSymlink, PseudoFile, readWhole, StaticDirectory } from '../../vfs/pseudo/index.ts';
import { type Caller, capable } from '../../vfs/tree/caller.ts';
import type { InodeFacts } from '../framework/files/inode.ts';
import { NamespacedXattr } from '../framework/files/namespaced-xattrs.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';

/** security/integrity/evm/evm.h */
const INIT_HMAC = 0x1;
const INIT_X509 = 0x2;
const ALLOW_METADATA_WRITES = 0x4;
const SETUP_COMPLETE = 0x8000_0000;
const KNOWN_BITS = INIT_HMAC | INIT_X509 | ALLOW_METADATA_WRITES;
/** EVM_IMA_XATTR_DIGSIG, EVM_XATTR_PORTABLE_DIGSIG: nobody but the kernel makes an HMAC. */
const SIGNATURES = [3, 5];
const XATTR_EVM = 'security.evm';
const UINT_MAX = 0xffff_ffff;

export const evm: ModuleDefinition = {
  ...knownModule('evm'),
  create: ({ config, securityfsNumbers, securityfsChanges }) => {
    const time = config.bootTime ?? 0n;
    const init = (mode: number) => ({ ino: securityfsNumbers.next(), mode, time });
    let bits = 0;
    let complete = false;
    const write = (data: Uint8Array, caller: Caller): Result<number> => {
      if (!capable(caller, CAP.SYS_ADMIN) || complete) return E.EPERM;
      const value = parseUnsigned(textOf(untilNul(data)));
      if (failed(value)) return value;
      const asked = value % SETUP_COMPLETE;
      if (value === 0 || (asked & ~KNOWN_BITS) !== 0) return E.EINVAL;
      if ((asked & INIT_HMAC) !== 0) return E.ENOENT;
      bits |= asked;
      complete = value >= SETUP_COMPLETE;
      return data.length;
    };
    const own = new NamespacedXattr(XATTR_EVM);
    /** evm_protect_xattr() and evm_inode_setxattr(), as far as they are about the attribute itself. */
    const mayChange = (inode: InodeFacts, name: string, value: Uint8Array | undefined, caller: Caller) => {
      const may = own.mayChange(name, inode, caller);
      if (may !== 'yes') return may;
      if (value === undefined || (bits & ALLOW_METADATA_WRITES) !== 0) return undefined;
      if (value.length === 0) return E.EINVAL;
      return SIGNATURES.includes(value[0] ?? 0) ? undefined : E.EPERM;
    };
    const node = new PseudoFile(init(0o660), () => ({
      writeMovesPosition: false,
      seekable: false,
      read: readWhole(() => String(bits)),
      write: (data, _at, caller) => write(data, caller),
    }));
    const directory = new StaticDirectory({
      ...init(0o755),
      changes: securityfsChanges,
      entries: [{ name: 'evm', node }],
    });
    return {
      hooks: {
        ...own.hooks,
        inodeSetxattr: (_task, inode, name, value, caller) => mayChange(inode, name, value, caller),
        // What cannot be stored is not kept.
        inodeSetsecurity: (_task, _inode, name) => (name === XATTR_EVM ? E.EOPNOTSUPP : undefined),
        inodeRemovexattr: (_task, inode, name, caller) => mayChange(inode, name, undefined, caller),
      },
      xattrs: own.names,
      integrity: [{ name: 'evm', node: directory }],
      securityfs: [{ name: 'evm', node: new CallerSymlink(init(0o444), () => 'integrity/evm/evm') }],
    };
  },
};

/** kstrtouint() with any base; one newline may follow. */
function parseUnsigned(text: string): Result<number> {
  const digits = /^\+?(0[xX][0-9a-fA-F]+|[0-9]+)\n?$/.exec(text)?.[1];
  if (digits === undefined) return E.EINVAL;
  const octal = /^0[0-9]/.test(digits);
  if (octal && /[89]/.test(digits)) return E.EINVAL;
  const value = Number(octal ? `0o${digits.slice(1)}` : digits);
  return value > UINT_MAX ? E.ERANGE : value;
}
