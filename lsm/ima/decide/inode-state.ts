/**
 * What is remembered of a file: struct ima_iint_cache of security/integrity/ima/ima.h.
 *
 * Model: a kernel hears of the end of writing (ima_file_free) and of the counter that each change of a file moves. Here
 * nobody tells of that, so a file is looked at when it is used next: a time of modification later than any time that
 * was seen before says that it was written since, unless it is being written now, in which case the kernel would not
 * have looked yet either.
 */

import type { NamedDigest } from '../../framework/digests/hash.ts';
import type { UsedFile } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import type { IntegrityStatus } from '../../framework/files/metadata.ts';
import { MeasuredKinds } from './measured-kinds.ts';
import { XATTR_EVM, XATTR_IMA, XATTR_TYPE } from './xattr-value.ts';

/** Hooks whose verdicts are remembered apart. */
export type VerdictClass = 'file' | 'mmap' | 'exec' | 'creds' | 'read';

/** What rules ask for beside their action (IMA_NONACTION_FLAGS); it stays until the attributes of the file change. */
export interface Demands {
  signature: boolean;
  modsig: boolean;
  verity: boolean;
  directIo: boolean;
}

/** What a look at a file has found. */
export interface ContentChange {
  /** It was written, and nobody writes it any more. */
  readonly changed: boolean;
  /** Its last writer in this world has closed it. */
  readonly closed: boolean;
}

/** Files remembered at most; a kernel forgets them with their inodes. */
const MOST_FILES = 100_000;

export class InodeState {
  readonly measured = new MeasuredKinds();
  audited = false;
  /** Rules to hash it were seen: at all (IMA_HASH), since it was changed (IMA_HASHED). */
  hashes = false;
  hashed = false;
  readonly verdicts = new Map<VerdictClass, IntegrityStatus>();
  /** Appraised with success, so not again. */
  readonly appraised = new Set<VerdictClass>();
  #digest: NamedDigest | undefined;
  /** The counter of its changes is known, and it was not moved since. */
  #counted = false;
  readonly demands: Demands = { signature: false, modsig: false, verity: false, directIo: false };
  /** A reader whose open was measured may still have it open. */
  mayEmitToMToU = false;
  emittedOpenWriters = false;
  /** Made by an open that is not closed yet (IMA_NEW_FILE). */
  isNew = false;
  /** It has a signature: nobody may write it (IMA_DIGSIG). */
  signed = false;
  /** The attribute is to be made anew when the last writer closes the file (IMA_UPDATE_XATTR). */
  updates = false;
  /** Somebody in this world has opened it for writing since it was looked at with no writer. */
  written = false;
  #mtime: bigint;
  #ctime: bigint;
  #size: number;
  #owner: string;
  #xattr: string | undefined;
  /** All attributes, as they were at the last look; `undefined`: the next one is the first. */
  #xattrs: UsedFile['inode']['xattrs'] | undefined;

  constructor(file: UsedFile) {
    this.#mtime = BigInt(file.content.mtime);
    this.#ctime = BigInt(file.content.ctime);
    this.#size = file.content.size;
    this.#owner = ownerOf(file);
    this.#xattr = file.inode.xattrs[XATTR_IMA];
  }

  /** Changes nothing. */
  find(file: UsedFile): ContentChange {
    if (file.content.writers) return { changed: false, closed: false };
    const mtime = BigInt(file.content.mtime);
    const closed = this.written;
    // The counter of changes is known of files whose digest was taken; giving them an attribute moves it, too.
    if (closed && (!this.#counted || this.isNew)) return { changed: true, closed };
    const changed = file.content.size !== this.#size || (mtime !== this.#mtime && mtime >= this.#ctime);
    return { changed, closed };
  }

  /**
   * Is the attribute to be made anew (ima_update_xattr())? One that somebody has set is taken to be set after the file was closed.
   */
  isUpdatedAt(file: UsedFile): boolean {
    const { changed, closed } = this.find(file);
    if (this.verdicts.get('file') !== 'pass' && !this.hashes) return false;
    return changed && closed && this.updates && !this.signed && file.inode.xattrs[XATTR_IMA] === this.#xattr;
  }

  /** To be called at each use, before anything else: ima_check_last_writer(), without the new value of the attribute. */
  look(file: UsedFile): ContentChange {
    const found = this.find(file);
    if (!file.content.writers) {
      this.emittedOpenWriters = false;
      this.#mtime = BigInt(file.content.mtime);
      this.#ctime = BigInt(file.content.ctime);
      this.#size = file.content.size;
      if (found.changed) this.forgetContent();
    }
    if (found.closed) {
      this.updates = false;
      this.written = false;
      this.isNew = false;
    }
    return found;
  }

  get digest(): NamedDigest | undefined {
    return this.#digest;
  }

  /** It was read. */
  collected(digest: NamedDigest): void {
    this.#digest = digest;
    this.#counted = true;
  }

  /**
   * What has changed of owner, mode and attributes since the last time: IMA_CHANGE_ATTR, IMA_CHANGE_XATTR.
   * @param appraises some rule does.
   * @param guarded EVM is on: all that it covers counts (evm_revalidate_status()).
   * @param wasSet somebody has set one of them, maybe to what it was.
   */
  lookAtAttributes(file: UsedFile, appraises: boolean, guarded: boolean, wasSet: boolean): void {
    const owner = ownerOf(file);
    const xattr = file.inode.xattrs[XATTR_IMA];
    if (appraises && owner !== this.#owner) {
      this.appraised.clear();
      Object.assign(this.demands, { signature: false, modsig: false, verity: false, directIo: false });
    }
    if (appraises && (wasSet || xattr !== this.#xattr || (guarded && this.#isCoveredOtherwise(file)))) {
      this.#counted = false;
      this.forgetContent();
      const portable = guarded && file.inode.xattrs[XATTR_EVM]?.charCodeAt(0) === XATTR_TYPE.PORTABLE;
      this.signed = portable || xattr?.charCodeAt(0) === XATTR_TYPE.SIGNATURE;
    }
    this.#owner = owner;
    this.#xattr = xattr;
    this.#xattrs = file.inode.xattrs;
  }

  /** Has somebody given it another attribute, owner or mode? @param guarded as above. */
  isGiven(file: UsedFile, guarded: boolean): boolean {
    if (guarded && this.#isCoveredOtherwise(file)) return true;
    return file.inode.xattrs[XATTR_IMA] !== this.#xattr || ownerOf(file) !== this.#owner;
  }

  /** The file was made and has all its attributes now. */
  adopt(file: UsedFile): void {
    this.#owner = ownerOf(file);
    this.#xattrs = undefined;
  }

  /** The attribute was set by IMA itself. @param file as it is now. */
  gave(file: UsedFile): void {
    this.#xattr = file.inode.xattrs[XATTR_IMA];
    if (this.#xattrs !== undefined) this.#xattrs = file.inode.xattrs;
    this.#counted = false;
  }

  /** Would one more look at the file as it is change nothing here, and one use that asks for these things add nothing? */
  isSettled(file: UsedFile, demands: Readonly<Demands>, guarded: boolean): boolean {
    const { written, isNew, emittedOpenWriters } = this;
    if (written || isNew || emittedOpenWriters || file.content.writers) return false;
    if (this.find(file).changed || this.isGiven(file, guarded)) return false;
    return (Object.keys(demands) as (keyof Demands)[]).every((name) => this.demands[name] || !demands[name]);
  }

  #isCoveredOtherwise({ inode: { xattrs } }: UsedFile): boolean {
    return this.#xattrs !== undefined && this.#xattrs !== xattrs && coveredOf(this.#xattrs) !== coveredOf(xattrs);
  }

  forgetContent(): void {
    this.measured.clear();
    this.audited = false;
    this.hashed = false;
    this.appraised.clear();
    this.#digest = undefined;
  }
}

function ownerOf({ mode, inode }: UsedFile): string {
  return `${inode.uid} ${inode.gid} ${mode}`;
}

/** All but the attribute of IMA. */
function coveredOf(xattrs: UsedFile['inode']['xattrs']): string {
  const names = Object.keys(xattrs).filter((name) => name !== XATTR_IMA && /^(?:security|system)\./.test(name));
  return JSON.stringify(names.sort().map((name) => [name, xattrs[name]]));
}

type Placed = Pick<InodeFacts, 'ino' | 'filesystem'>;

/** Two filesystems of one name may have such a file each; the other one is appraised once more, too. */
function placeOf({ ino, filesystem }: Placed): string {
  return `${filesystem.id} ${ino}`;
}

export class InodeStates {
  readonly #states = new Map<string, InodeState>();
  /** Files whose attributes were set since they were looked at, as of {@link placeOf}. */
  readonly #set = new Set<string>();

  /** Somebody sets an attribute of this file, or removes one: ima_reset_appraise_flags(). */
  attributeSet(inode: Placed): void {
    this.#set.add(placeOf(inode));
    const [oldest] = this.#set.size > MOST_FILES ? this.#set : [];
    if (oldest !== undefined) this.#set.delete(oldest);
  }

  /** Was one set since the last look? */
  wasSet({ inode }: UsedFile): boolean {
    return this.#set.size > 0 && this.#set.has(placeOf(inode));
  }

  /** It is looked at. @returns as {@link wasSet}. */
  takeSet({ inode }: UsedFile): boolean {
    return this.#set.size > 0 && this.#set.delete(placeOf(inode));
  }

  find(file: UsedFile): InodeState | undefined {
    return this.#states.get(file.content.key);
  }

  /** The file has another key from now on. */
  rename(was: string, file: UsedFile): void {
    const state = this.#states.get(was);
    this.#states.delete(was);
    if (state === undefined) return;
    state.adopt(file);
    this.#states.set(file.content.key, state);
  }

  get(file: UsedFile): InodeState {
    const known = this.#states.get(file.content.key);
    if (known !== undefined) return known;
    const state = new InodeState(file);
    this.#states.set(file.content.key, state);
    if (this.#states.size > MOST_FILES) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    return state;
  }
}
