/**
 * Are the metadata of a file what they should be, and what is to be stored with it: evm_verify_hmac() and
 * evm_update_evmxattr() of security/integrity/evm.
 *
 * Model: a kernel remembers that they were right until it changes them itself. Here others can change them, so they are
 * verified each time.
 */
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { algorithmName } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { FileMetadata, IntegrityStatus, KeptXattr } from '../../framework/files/metadata.ts';
import type { Keyring } from '../../framework/keys/keyring.ts';
import { hmacOf, inputOf } from './digest.ts';
import type { EvmState } from './state.ts';
import { HMAC_SIZE, SIGNATURE_HEADER, TYPE, XATTR_EVM } from './value.ts';

/** Stacked: no HMAC is stored there, and none verified. */
const WITHOUT_HMAC = 'overlay';

export class EvmVerifier {
  readonly #state: EvmState;
  readonly #digests: Digests;
  readonly #keys: Keyring;
  readonly #warn: (text: string) => void;
  #warned = false;

  /** @param warn a line for the kernel's log. */
  constructor(state: EvmState, digests: Digests, keys: Keyring, warn: (text: string) => void) {
    this.#state = state;
    this.#digests = digests;
    this.#keys = keys;
    this.#warn = warn;
  }

  /** is_unsupported_hmac_fs() */
  lacksHmac({ type }: Pick<FileMetadata, 'type'>): boolean {
    return type === WITHOUT_HMAC;
  }

  /** evm_verify_hmac() */
  verify(file: FileMetadata): IntegrityStatus {
    const state = this.#state;
    if (!state.verifiesSignatures && this.lacksHmac(file)) return 'unknown';
    const text = file.xattrs[XATTR_EVM];
    if (text === undefined) {
      const found = state.covered.list.some(({ name }) => file.xattrs[name] !== undefined);
      return found ? 'no_label' : 'no_xattrs';
    }
    const value = bytesOf(text);
    switch (value[0]) {
      case TYPE.HMAC:
        return this.#verifyHmac(file, value);
      case TYPE.PORTABLE:
        return this.#verifySignature(file, value, 'pass_immutable', 'fail_immutable');
      case TYPE.SIGNATURE: {
        const verdict = this.#verifySignature(file, value, 'pass', 'fail');
        if (verdict === 'pass') this.#missKey(file);
        return verdict;
      }
      default:
        return 'fail';
    }
  }

  /** evm_update_evmxattr(); `undefined` = it stays. */
  updated(file: FileMetadata): KeptXattr | undefined {
    if (!this.#state.hasHmac || this.lacksHmac(file)) return undefined;
    const before = file.xattrs[XATTR_EVM];
    if (before?.charCodeAt(0) === TYPE.PORTABLE) return undefined;
    const input = inputOf(file, this.#state.covered, TYPE.HMAC);
    if (input === 'absent') return before === undefined ? undefined : { name: XATTR_EVM };
    const value = input === 'refused' ? undefined : this.#hmac(input);
    return value && { name: XATTR_EVM, value: textOf(value) };
  }

  /** After a verification: what is stored in place of a signature that can be made anew with each change. */
  replacement(file: FileMetadata): KeptXattr | undefined {
    return file.xattrs[XATTR_EVM]?.charCodeAt(0) === TYPE.SIGNATURE ? this.updated(file) : undefined;
  }

  /** A kernel tries to put an HMAC in place of a signature that is right: init_desc() says once what that lacks. */
  #missKey(file: FileMetadata): void {
    if (this.#warned || this.#state.hasHmac || this.lacksHmac(file)) return;
    this.#warned = true;
    this.#warn('evm: HMAC key is not set');
  }

  #hmac(input: readonly Uint8Array[]): Uint8Array | undefined {
    const { key } = this.#state;
    const digest = key && hmacOf(this.#digests, key, input);
    return digest && Uint8Array.from([TYPE.HMAC, ...digest]);
  }

  #verifyHmac(file: FileMetadata, value: Uint8Array): IntegrityStatus {
    if (value.length !== HMAC_SIZE) return 'fail';
    const input = inputOf(file, this.#state.covered, TYPE.HMAC);
    if (input === 'absent') return 'no_xattrs';
    const right = input === 'refused' ? undefined : this.#hmac(input);
    return right?.every((byte, at) => byte === value[at]) === true ? 'pass' : 'fail';
  }

  #verifySignature(
    file: FileMetadata,
    value: Uint8Array,
    good: IntegrityStatus,
    bad: IntegrityStatus,
  ): IntegrityStatus {
    const [type = 0, , algorithm = 0] = value;
    if (value.length <= SIGNATURE_HEADER) return 'fail';
    const input = inputOf(file, this.#state.covered, type);
    if (input === 'absent') return 'no_xattrs';
    const name = algorithmName(algorithm);
    const digest = input === 'refused' || name === undefined ? undefined : this.#digests.compute(name, input);
    return digest !== undefined && this.#keys.verify(value, algorithmName, digest) === 'good' ? good : bad;
  }
}
