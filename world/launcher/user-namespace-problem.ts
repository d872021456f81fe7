/**
 * Why a user without privileges gets no user namespace with capabilities: the settings that forbid it, in the order in which they apply.
 */
import path from 'node:path';
import { fileText } from '../../host/files/file-text.ts';
import type { ForbiddingSetting } from '../../lsm/framework/host-side.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { isProgram } from '../programs.ts';

export interface Problem {
  /** A clause without a full stop. */
  readonly cause: string;
  readonly fix: string;
}

/** Minimal privileges of a container that may not make user namespaces. */
const CONTAINER_FIX = 'In a container add `--cap-add SYS_ADMIN --device /dev/fuse`; elsewhere run it with sudo.';

const SETTINGS: readonly ForbiddingSetting[] = [
  { file: 'user/max_user_namespaces', forbidding: '0', wanted: '10000' },
  // Debian's and Ubuntu's kernels.
  { file: 'kernel/unprivileged_userns_clone', forbidding: '0', wanted: '1' },
  ...HOST_SIDES.flatMap(({ forbids }) => forbids ?? []),
];

/** @param read value of a file below /proc/sys, `undefined` where the kernel has none. @param searched directories for programs. */
export function settingsProblem(
  read: (file: string) => string | undefined = readSetting,
  searched = (process.env.PATH ?? '').split(':'),
): Problem | undefined {
  for (const { file, forbidding, wanted } of SETTINGS) {
    if (read(file) !== forbidding) continue;
    const name = file.replace('/', '.');
    return {
      cause: `the setting ${name} is ${forbidding}`,
      fix: `As root: sysctl ${name}=${wanted}; or run lsmfs with sudo.`,
    };
  }
  if (searched.some((directory) => isProgram(path.join(directory, 'unshare')))) return undefined;
  return { cause: 'there is no unshare(1)', fix: 'Install util-linux 2.38 or newer, or run lsmfs as root.' };
}

/** The problem of a user whose start script got no user namespace. */
export function userNamespaceProblem(): Problem {
  return (
    settingsProblem() ?? {
      cause: 'the kernel refuses a user namespace here, as in a container or a chroot',
      fix: CONTAINER_FIX,
    }
  );
}

function readSetting(file: string): string | undefined {
  return fileText(`/proc/sys/${file}`)?.trim();
}
