/**
 * EVM of a user namespace: a key, a mode and HMACs of its own, over what the namespace sees of a file's attributes.
 *
 * No kernel has that. The files are those of the series that continues "ima: Namespace IMA"; that owner and mode belong to
 * all namespaces together is why nobody has merged it. Here a change that is allowed lets every namespace with a key make
 * its HMAC anew, if that was right before; one that is not loaded finds the file changed.
 */
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { CallerSymlink, type InodeInit, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { type Caller, capableInOwn, capableWithin, type UserNamespace } from '../../../vfs/tree/caller.ts';
import { activationFile } from '../../framework/files/activation-file.ts';
import type {
  FileMetadata,
  IntegrityStatus,
  KeptXattr,
  MadeChange,
  MetadataChange,
} from '../../framework/files/metadata.ts';
import { namespaceId, parseStored, seenIn, storedIn } from '../../framework/files/namespaced-xattrs.ts';
import type { OwnEntries } from '../../framework/filesystem-type.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import { EvmState } from '../decide/state.ts';
import { KEYRING, XATTR_EVM } from '../decide/value.ts';
import { EvmVerifier } from '../decide/verify.ts';
import { evmNode } from '../fs/nodes.ts';
import { EvmProtection } from '../hooks/protect.ts';

/** Anybody can make a namespace: nothing of it is logged. */
const silent = (): void => undefined;
const CAPABILITY = 'security.capability';

export class EvmNamespace {
  /** As it was when somebody in it acted last: its ids may be mapped late. */
  userNamespace: UserNamespace;
  readonly #host: ModuleHost;
  readonly #state: EvmState;
  readonly #verifier: EvmVerifier;
  readonly #protection: EvmProtection;
  #active = false;

  constructor(host: ModuleHost, userNamespace: UserNamespace, fixes: boolean) {
    this.#host = host;
    this.userNamespace = userNamespace;
    this.#state = new EvmState(host.config, fixes);
    this.#verifier = new EvmVerifier(this.#state, host.digests, host.keyring(KEYRING), silent);
    this.#protection = new EvmProtection(this.#state, this.#verifier);
  }

  /** In its attributes' names. */
  get id(): string | undefined {
    const { rootUid } = this.userNamespace;
    return rootUid === undefined ? undefined : namespaceId(rootUid);
  }

  get isActive(): boolean {
    return this.#active;
  }

  entries(init: (mode: number) => InodeInit): OwnEntries {
    const directory = init(0o755);
    const active = activationFile(init(0o640), {
      isActive: () => this.#active,
      activate: (caller) => this.#activate(caller),
    });
    const flags = evmNode(
      init(0o660),
      {
        encryptedKey: (description, caller) =>
          this.#host.encryptedKey(description, { ...caller, userNamespace: this.userNamespace }),
        guardMetadata: () => this.#host.guardMetadata(),
        refuses: (caller) => this.#refuses(caller),
        inform: silent,
      },
      this.#state,
    );
    const node = new StaticDirectory({ ...directory, entries: [{ name: 'active', node: active }, flags] });
    return {
      root: [{ name: 'evm', node: new CallerSymlink(init(0o444), () => 'integrity/evm/evm') }],
      integrity: [{ name: 'evm', node }],
    };
  }

  #activate(caller: Caller): Errno | undefined {
    if (!capableWithin(caller, CAP.MAC_ADMIN, this.userNamespace)) return E.EPERM;
    if (caller.userNamespace?.id === this.userNamespace.id) this.userNamespace = caller.userNamespace;
    this.#active = true;
    return undefined;
  }

  /** As rules are refused before IMA is active: EACCES. */
  #refuses(caller: Caller): Errno | undefined {
    if (!capableWithin(caller, CAP.SYS_ADMIN, this.userNamespace)) return E.EPERM;
    return this.#active ? undefined : E.EACCES;
  }

  /** @param file as the namespace sees it. */
  verdict(file: FileMetadata): IntegrityStatus {
    return this.#active && this.#state.isOn ? this.#verifier.verify(file) : 'unknown';
  }

  /** May an attribute that the namespace has of its own be changed by somebody who otherwise may? @param file by stored names. */
  mayChangeOwn(
    file: FileMetadata,
    name: string,
    value: Uint8Array | undefined,
    { userNamespace }: Caller,
  ): Errno | undefined {
    if (!this.#active) return name === XATTR_EVM && userNamespace?.id === this.userNamespace.id ? E.EPERM : undefined;
    // A file that has nothing of this namespace yet is new here.
    if (this.#hasNothingOf(file)) return name === XATTR_EVM ? this.#protection.value(value) : undefined;
    return this.#protection.xattr(this.#seen(file), name, value, silent);
  }

  /** May an attribute be changed that all namespaces share? */
  mayChangeShared(file: FileMetadata, name: string, value: Uint8Array | undefined, caller: Caller): Errno | undefined {
    const asked = name.startsWith('security.') ? name === CAPABILITY && capableInOwn(caller, CAP.SETFCAP) : true;
    if (!asked || !this.#active || this.#hasNothingOf(file)) return undefined;
    return this.#protection.xattr(this.#seen(file), name, value, silent);
  }

  /** May owner or mode be changed by somebody in it? @param file by stored names. */
  mayChange(file: FileMetadata, change: MetadataChange): Errno | undefined {
    if (!this.#active || this.#hasNothingOf(file)) return undefined;
    return this.#protection.attributes(this.#seen(file), change, silent);
  }

  /** What is to be stored after a change, whoever made it; nothing where the file was not right before. */
  updated(file: FileMetadata, { before, attribute }: MadeChange): KeptXattr | undefined {
    if (!this.#active || !this.#state.hasHmac) return undefined;
    const of = attribute === undefined ? undefined : parseStored(attribute);
    if (of !== undefined && of.id !== this.id) return undefined;
    const asked = of !== undefined || (this.#state.fixes && !this.#hasNothingOf(before));
    if (!asked && this.#verifier.verify(this.#seen(before)) !== 'pass') return undefined;
    const seen = this.#seen(file);
    const kept = this.#verifier.updated(seen);
    if (kept === undefined || kept.value === seen.xattrs[XATTR_EVM]) return undefined;
    return { ...kept, name: storedIn(this.userNamespace, kept.name) };
  }

  #hasNothingOf({ xattrs }: FileMetadata): boolean {
    return !Object.keys(xattrs).some((name) => parseStored(name)?.id === this.id);
  }

  /** With all that it sees, but for the host's own security.evm. */
  #seen(file: FileMetadata): FileMetadata {
    return { ...file, xattrs: seenIn(this.userNamespace, file.xattrs, [XATTR_EVM]) };
  }
}
