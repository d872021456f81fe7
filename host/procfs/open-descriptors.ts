/**
 * What /proc/<tid>/fdinfo/<descriptor> tells of an open file: its flags, and what distinguishes it from others. Two
 * openings of one file with one access mode are the same here.
 */
import { O_ACCMODE, O_PATH } from '../../linux/fcntl.ts';

export interface DescriptorInfo {
  /** O_*, as of fcntl(F_GETFL), and O_CLOEXEC. */
  readonly flags: number;
  /** Mount, inode and access mode, as a text. The kernel tells the inode since 5.14. */
  readonly identity: string;
  /** 0 = not known. */
  readonly ino: number;
  /** The process has locks of fcntl(2), which it loses when any of its descriptors of the file is closed or replaced. */
  readonly locked: boolean;
}

/** @param text `undefined`: it could not be read. */
export function descriptorInfo(text: string | undefined): DescriptorInfo | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text ?? '')?.[1];
  const octal = field('flags');
  if (octal === undefined) return undefined;
  const flags = Number.parseInt(octal, 8);
  const ino = field('ino');
  const identity = `${field('mnt_id')} ${ino} ${flags & (O_ACCMODE | O_PATH)}`;
  return { flags, identity, ino: Number(ino ?? 0), locked: /^lock:\s*\d+: POSIX /m.test(text ?? '') };
}
