/**
 * What modules decide about of a directory, read a moment ago: programs make many files in one, and each gives it another time.
 *
 * Model: it is the same for {@link SETTLED_MS} unless the epoch moves, as it does for changes from within the world, or a new directory
 * has its attributes stored. Its inode number is not given once more meanwhile: a directory is removed by calls that move the names,
 * and the new one has another time of birth. So what somebody outside of the world changes counts after that time.
 */
import type { Epoch } from '../protocol/epoch.ts';
import type { FileInspector } from './file-inspector.ts';
import { type FileStamp, SETTLED_MS } from './file-stamp.ts';

/** Directories that are remembered. */
const REMEMBERED = 64;

type Security = Readonly<Record<string, string>>;

interface Known {
  readonly epoch: number;
  readonly names: number;
  readonly stamp: FileStamp;
  readonly security: Security;
}

export class RecentSecurity {
  readonly #files: Pick<FileInspector, 'securityOfDirectory'>;
  readonly #epoch: Pick<Epoch, 'names' | 'now'>;
  /** By inode number. */
  readonly #known = new Map<bigint, Known>();

  constructor(files: Pick<FileInspector, 'securityOfDirectory'>, epoch: Pick<Epoch, 'names' | 'now'>) {
    this.#files = files;
    this.#epoch = epoch;
  }

  /** As of FileInspector. @param directory a descriptor of ours. @param stamp of it, made in this call. */
  of(directory: number, stamp: FileStamp): Security {
    const known = this.#known.get(stamp.ino);
    const { names, now: epoch } = this.#epoch;
    if (known?.epoch === epoch && known.names === names && isSame(known.stamp, stamp)) return known.security;
    const security = this.#files.securityOfDirectory(directory);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(stamp.ino, { epoch, names, stamp, security });
    return security;
  }

  /** To be called when attributes are stored that no epoch counts. */
  forget(): void {
    this.#known.clear();
  }
}

function isSame(one: FileStamp, other: FileStamp): boolean {
  if (one === other) return true;
  const { born, device, mount, at } = one;
  if (born === undefined || born !== other.born || !other.isMountUnique) return false;
  return mount === other.mount && device === other.device && at <= other.at && other.at - at <= SETTLED_MS;
}
