/**
 * Who may change metadata that EVM covers: evm_protect_xattr(), evm_inode_set_acl() and evm_inode_setattr() of
 * security/integrity/evm/evm_main.c.
 */
import { textOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { FileMetadata, IntegrityStatus, MetadataChange } from '../../framework/files/metadata.ts';
import { ACL_NAMES } from '../decide/covered.ts';
import type { EvmState } from '../decide/state.ts';
import { TYPE, XATTR_EVM } from '../decide/value.ts';
import type { EvmVerifier } from '../decide/verify.ts';

/** Permission bits, without the type of the file. */
const PERMISSIONS = 0o7777;
/** They have no attributes before somebody gives them some. */
const PSEUDO_FILESYSTEMS: readonly string[] = ['tmpfs', 'sysfs'];
const CAPABILITY = 'security.capability';

/** Writes the record of a change that is refused. */
export type Refused = (op: 'update_metadata' | 'appraise_metadata', verdict: IntegrityStatus) => void;

export class EvmProtection {
  readonly #state: EvmState;
  readonly #verifier: EvmVerifier;

  constructor(state: EvmState, verifier: EvmVerifier) {
    this.#state = state;
    this.#verifier = verifier;
  }

  /** May the attribute be changed by somebody who otherwise may? @param value absent = it is removed. */
  xattr(file: FileMetadata, name: string, value: Uint8Array | undefined, refused: Refused): Errno | undefined {
    if (this.#state.allowsWrites) return undefined;
    const lacksHmac = this.#verifier.lacksHmac(file);
    if (name === XATTR_EVM) {
      const forbidden = this.value(value) ?? (lacksHmac ? E.EPERM : undefined);
      if (forbidden !== undefined) return forbidden;
    } else if (!this.#state.covered.protects(name)) {
      return ACL_NAMES.includes(name) && !lacksHmac ? this.#acl(file, name, value, refused) : undefined;
    } else if (lacksHmac) return undefined;
    const verdict = this.#current(file);
    if (verdict === 'no_xattrs') {
      if (PSEUDO_FILESYSTEMS.includes(file.type)) return undefined;
      refused('update_metadata', verdict);
    }
    if (verdict === 'pass' || this.#excuses(verdict)) return undefined;
    if (verdict === 'pass_immutable') return sameValue(file, name, value) ? undefined : E.EPERM;
    refused('appraise_metadata', verdict);
    return E.EPERM;
  }

  /** May security.evm have this value? Nobody but the kernel makes an HMAC: evm_inode_setxattr(). */
  value(value: Uint8Array | undefined): Errno | undefined {
    if (value === undefined || this.#state.allowsWrites) return undefined;
    if (value.length === 0) return E.EINVAL;
    return value[0] === TYPE.SIGNATURE || value[0] === TYPE.PORTABLE ? undefined : E.EPERM;
  }

  /** evm_inode_set_acl() */
  #acl(file: FileMetadata, name: string, value: Uint8Array | undefined, refused: Refused): Errno | undefined {
    const verdict = this.#current(file);
    if (verdict === 'pass' || verdict === 'no_xattrs' || this.#excuses(verdict)) return undefined;
    // The kernel asks whether the list changes the mode, which one that is there already does not.
    if (verdict === 'pass_immutable') return sameValue(file, name, value) ? undefined : E.EPERM;
    refused('appraise_metadata', verdict);
    return E.EPERM;
  }

  /** May owner or mode be changed? */
  attributes(file: FileMetadata, change: MetadataChange, refused: Refused): Errno | undefined {
    if (this.#state.allowsWrites || this.#verifier.lacksHmac(file)) return undefined;
    const verdict = this.#current(file);
    if (verdict === 'pass' || verdict === 'no_xattrs' || this.#excuses(verdict)) return undefined;
    if (verdict === 'pass_immutable' && !changes(file, change)) return undefined;
    refused('appraise_metadata', verdict);
    return E.EPERM;
  }

  /** evm_verify_current_integrity() */
  #current(file: FileMetadata): IntegrityStatus {
    if (!this.#state.isOn || this.#state.fixes || (file.mode & S_IFMT) !== S_IFREG) return 'pass';
    return this.#verifier.verify(file);
  }

  /** Portable signatures are never made anew, so one that is wrong is the business of whoever appraises the file. */
  #excuses(verdict: IntegrityStatus): boolean {
    if (verdict === 'fail_immutable') return true;
    return this.#state.hmacDisabled && (verdict === 'no_label' || verdict === 'unknown');
  }
}

/** evm_xattr_change() */
function sameValue({ xattrs }: FileMetadata, name: string, value: Uint8Array | undefined): boolean {
  return value !== undefined && xattrs[name] === textOf(value);
}

/** evm_attr_change() */
function changes(file: FileMetadata, { mode, uid, gid }: MetadataChange): boolean {
  if (mode !== undefined && (mode & PERMISSIONS) !== (file.mode & PERMISSIONS)) return true;
  return (uid !== undefined && uid !== (file.owner ?? file.uid)) || (gid !== undefined && gid !== file.gid);
}

/** Does the kernel itself, before any module, let the caller change it (cap_inode_setxattr)? What it refuses nobody is asked about. */
export function mayTry(name: string, caller: Caller): boolean {
  return !name.startsWith('security.') || capable(caller, name === CAPABILITY ? CAP.SETFCAP : CAP.SYS_ADMIN);
}
