/** Descriptors of processes, as the modules are asked about them. */

/** A descriptor of a process. */
export interface OpenDescriptor {
  readonly descriptor: number;
  /** Mount, inode and access mode, as a text: equal as long as it is the same open file. */
  readonly identity: string;
  /** Number of another descriptor, which was noted, of the same open file (dup(2)); absent: this one was noted, or no such is known. */
  readonly copyOf?: number;
  /** Inode number, if it has no name and a label of its maker: a pipe, an io_uring, a userfaultfd, memory of memfd_create(2). */
  readonly nameless?: number;
}

/** Tells the descriptors of one process apart. */
export const descriptorKey = ({ descriptor, identity }: OpenDescriptor): string => `${descriptor} ${identity}`;

/** Inode number in {@link descriptorKey}; NaN = it is not known. */
export const inodeOf = (key: string): number => Number(key.split(' ')[2]);

/** Tells the open files of one process apart, whatever their numbers. */
export const openFileKey = ({ descriptor, identity, copyOf = descriptor }: OpenDescriptor): string =>
  descriptorKey({ descriptor: copyOf, identity });

/** The file that execve(2) runs, which the kernel has open while it maps it. */
export const PROGRAM: OpenDescriptor = { descriptor: -1, identity: 'program' };

/** What a program may not have of what it inherits. `program`: it may not even be mapped, so it does not run. */
export interface Refused {
  readonly descriptors: readonly OpenDescriptor[];
  readonly program: boolean;
}
