/**
 * Can /dev/fuse be used? If not, why, as far as open(2) and stat(2) tell.
 */
import { closeSync, constants, openSync, type Stats, statSync } from 'node:fs';
import type { Problem } from './user-namespace-problem.ts';

const DEVICE = '/dev/fuse';
/** MISC_MAJOR and FUSE_MINOR of include/linux/miscdevice.h, as makedev(3) packs them. */
const NUMBER = (10 << 8) | 229;

/** Opens and closes the device, which starts nothing. */
export function fuseProblem(device = DEVICE): Problem | undefined {
  const status = statSync(device, { throwIfNoEntry: false });
  if (status === undefined) {
    return {
      cause: `${device} does not exist`,
      fix: 'Run `modprobe fuse`; in a container add `--device /dev/fuse`, with bwrap `--dev-bind /dev/fuse /dev/fuse`.',
    };
  }
  if (!status.isCharacterDevice() || status.rdev !== NUMBER) {
    return { cause: `${device} is not the FUSE device`, fix: `As root: rm ${device}; mknod -m 666 ${device} c 10 229` };
  }
  try {
    closeSync(openSync(device, constants.O_RDWR));
    return undefined;
  } catch (error) {
    return refused(device, status, (error as NodeJS.ErrnoException).code ?? 'EIO');
  }
}

function refused(device: string, { mode }: Stats, code: string): Problem {
  const cause = `${device} cannot be opened: ${code}`;
  if (code === 'ENODEV' || code === 'ENXIO') return { cause, fix: 'Run `modprobe fuse`.' };
  if (code === 'EACCES' && process.geteuid?.() !== 0 && (mode & 0o006) !== 0o006) {
    return { cause, fix: `As root: chmod 666 ${device}` };
  }
  return {
    cause,
    fix: 'It is on a mount without devices, or a container denies it: add `--device /dev/fuse`, with bwrap `--dev-bind /dev/fuse /dev/fuse`.',
  };
}
