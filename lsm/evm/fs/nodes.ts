/** The files of EVM: evm_read_key(), evm_write_key(), evm_read_xattrs() and evm_write_xattrs() of security/integrity/evm/evm_secfs.c. */
import { bytesOf, textOf, untilNul } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { XATTR_NAME_MAX } from '../../../linux/fs.ts';
import { S_IFREG } from '../../../linux/stat.ts';
import { type InodeInit, PseudoFile, readWhole } from '../../../vfs/pseudo/index.ts';
import { type Caller, capable, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { EvmState } from '../decide/state.ts';
import { BIT, KNOWN_BITS, RECORD_OF_ADDED } from '../decide/value.ts';

const UINT_MAX = 0xffff_ffff;
/** Of the key of type `encrypted`. */
const KEY_DESCRIPTION = 'evm-key';
const PREFIX = 'security.';
/** Of the list of attributes when nothing can be added any more. */
const LOCKED_MODE = 0o440;

type NodesHost = Pick<ModuleHost, 'config' | 'log' | 'securityfsNumbers' | 'securityfsChanges'>;

/** Of the file that turns EVM on, of whichever namespace. */
export interface SwitchHost extends Pick<ModuleHost, 'encryptedKey' | 'guardMetadata'> {
  /** Why it cannot be written; EPERM for whoever may not. */
  refuses(caller: Caller): Errno | undefined;
  /** A line for the kernel's log. */
  inform(text: string): void;
}

export function evmNode(init: InodeInit, host: SwitchHost, state: EvmState): DirectoryEntry {
  const node = new PseudoFile(init, () => ({
    writeMovesPosition: false,
    seekable: false,
    read: readWhole(() => String(state.bits)),
    write: (data, _at, caller) => writeBits(host, state, data, caller),
  }));
  return { name: 'evm', node };
}

function writeBits(host: SwitchHost, state: EvmState, data: Uint8Array, caller: Caller): Result<number> {
  const refused = host.refuses(caller);
  if (refused !== undefined) return refused;
  if (state.complete) return E.EPERM;
  const value = parseUnsigned(textOf(untilNul(data)));
  if (failed(value)) return value;
  const asked = value % BIT.SETUP_COMPLETE;
  if (value === 0 || (asked & ~KNOWN_BITS) !== 0) return E.EINVAL;
  if ((asked & BIT.ALLOW_METADATA_WRITES) !== 0 && state.hasHmac) return E.EPERM;
  if ((asked & BIT.INIT_HMAC) !== 0) {
    const key = state.followsOwner ? host.encryptedKey(KEY_DESCRIPTION, caller) : undefined;
    if (key === undefined) return E.ENOENT;
    if (!state.setKey(key)) return E.EINVAL;
    host.inform('evm: key initialized');
    state.complete = true;
  }
  if (value >= BIT.SETUP_COMPLETE) state.complete = true;
  state.add(asked);
  if (state.isOn) host.guardMetadata();
  return data.length;
}

/** kstrtouint() with any base; one newline may follow. */
function parseUnsigned(text: string): Result<number> {
  const digits = /^\+?(0[xX][0-9a-fA-F]+|[0-9]+)\n?$/.exec(text)?.[1];
  if (digits === undefined) return E.EINVAL;
  const octal = /^0[0-9]/.test(digits);
  if (octal && /[89]/.test(digits)) return E.EINVAL;
  const value = Number(octal ? `0o${digits.slice(1)}` : digits);
  return value > UINT_MAX ? E.ERANGE : value;
}

/** CONFIG_EVM_ADD_XATTRS: further attributes to cover. */
export function evmXattrsNode(host: NodesHost, state: EvmState): DirectoryEntry {
  const { config, log, securityfsNumbers, securityfsChanges } = host;
  let locked = false;
  const add = (name: string): Errno | undefined => {
    if (name === '.') {
      locked = true;
      node.setAttributes({ mode: S_IFREG | LOCKED_MODE }, KERNEL_CALLER);
      securityfsChanges.attributes(node);
      return undefined;
    }
    if (!name.startsWith(PREFIX)) return E.EINVAL;
    return state.covered.add(name) ? undefined : E.EEXIST;
  };
  const node = new PseudoFile({ ino: securityfsNumbers.next(), mode: 0o660, time: config.bootTime ?? 0n }, () => ({
    writeMovesPosition: false,
    read: (length, at) => bytesOf(at.offset === 0 ? shown(state).slice(0, length) : ''),
    write: (data, at, caller) => {
      if (!capable(caller, CAP.SYS_ADMIN) || locked) return E.EPERM;
      if (at.offset !== 0) return E.EINVAL;
      if (data.length > XATTR_NAME_MAX) return E.E2BIG;
      const name = textOf(untilNul(data)).replace(/\n$/, '');
      const refused = add(name);
      log.audit(RECORD_OF_ADDED, `xattr=${untrusted(name)} res=${refused === undefined ? 0 : -refused.number}`);
      return refused ?? data.length;
    },
  }));
  return { name: 'evm_xattrs', node };
}

function shown({ covered }: EvmState): string {
  return covered.list.flatMap(({ name, enabled }) => (enabled ? [`${name}\n`] : [])).join('');
}
