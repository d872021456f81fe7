/**
 * Filesystems that show files of others (overlayfs): what is known of one that was mounted in the world, and where a file of
 * it really is.
 *
 * Model: the kernel asks about the file that is shown with the rights of the caller, and about the file in the layer with
 * those that who mounted it had then.
 */
import type { FilesystemFacts } from './inode.ts';

interface Layer {
  /** `major:minor` */
  readonly device: string;
  readonly filesystem: FilesystemFacts;
}

/** The layer that is written to. */
export interface UpperLayer extends Layer {
  /** Its directory, from the root of who mounted it, and its inode number. */
  readonly path: string;
  readonly ino: number;
  /** The mount namespace of who mounted it, as the link in /proc shows it. */
  readonly namespace: string;
}

export interface LayeredMount {
  /** Absent = it is read-only. */
  readonly upper?: UpperLayer;
  /** The first of those below. */
  readonly lower: Layer;
  /** Effective capabilities of who mounted it, in the initial user namespace. */
  readonly capabilities: bigint;
}

/** Where a file is. */
export interface FileLayer extends Layer {
  /** Device of the filesystem that shows it. */
  readonly mount: string;
  /** Is it in the layer that is written to? Absent = that could not be looked at. */
  readonly copied?: boolean;
  readonly capabilities: bigint;
}

/** The name by which who mounted it is noted (access/named-makers.ts). */
export const mounterOf = (device: string): string => `mount ${device}`;
