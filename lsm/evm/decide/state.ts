/** What EVM is set up to: `evm_initialized`, the key, the attributes that it covers. */
import type { BootConfig } from '../../framework/config.ts';
import { CoveredXattrs } from './covered.ts';
import { KEY_SIZE } from './digest.ts';
import { BIT, KEYRING } from './value.ts';

export class EvmState {
  readonly covered: CoveredXattrs;
  /** `evm=fix`: what is wrong is put right by the next change. */
  readonly fixes: boolean;
  /** Of the HMAC, {@link KEY_SIZE} bytes. */
  key: Uint8Array | undefined;
  #bits = 0;
  complete = false;

  /**
   * EVM was named in `lsm=`, configured or given keys. In all other worlds chmod(2) and chown(2) are not supervised,
   * which costs, and no HMAC can follow them.
   */
  readonly followsOwner: boolean;

  constructor({ build, lsm, parameters, keys, encryptedKeys }: BootConfig, fixes: boolean) {
    this.covered = new CoveredXattrs(build);
    this.fixes = fixes;
    const isNamed = lsm?.split(',').includes('evm') === true || parameters.evm !== undefined;
    this.followsOwner = isNamed || keys?.[KEYRING] !== undefined || encryptedKeys !== undefined;
  }

  /** As they are read. */
  get bits(): number {
    return this.#bits;
  }

  /** @param bits without SETUP_COMPLETE. */
  add(bits: number): void {
    this.#bits |= bits;
    if (this.hasHmac) this.#bits &= ~BIT.ALLOW_METADATA_WRITES;
  }

  /** evm_set_key(). @returns whether it is one. */
  setKey(key: Uint8Array): boolean {
    if (key.length > KEY_SIZE) return false;
    this.key = new Uint8Array(KEY_SIZE);
    this.key.set(key);
    this.add(BIT.INIT_HMAC);
    return true;
  }

  get hasHmac(): boolean {
    return (this.#bits & BIT.INIT_HMAC) !== 0;
  }

  get verifiesSignatures(): boolean {
    return (this.#bits & BIT.INIT_X509) !== 0;
  }

  /** evm_key_loaded() */
  get isOn(): boolean {
    return this.hasHmac || this.verifiesSignatures;
  }

  /** evm_hmac_disabled() */
  get hmacDisabled(): boolean {
    return !this.hasHmac && this.verifiesSignatures;
  }

  get allowsWrites(): boolean {
    return (this.#bits & BIT.ALLOW_METADATA_WRITES) !== 0;
  }
}
