/**
 * Label options of mounts: smack_fs_context_parse_param(), smack_set_mnt_opts() of security/smack/smack_lsm.c, Linux 6.12.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { MountLabels } from '../../framework/files/inode.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { parseLabel } from '../policy/label.ts';

export const OPTION = {
  /** Of files without a stored label. */
  default: 'smackfsdef',
  /** Another name of the same. */
  defaultLong: 'smackfsdefault',
  /** The lowest label of a file; what statfs(2) is judged by. */
  floor: 'smackfsfloor',
  /** The highest. */
  hat: 'smackfshat',
  /** Of the root directory. */
  root: 'smackfsroot',
  /** The same, and the directory is transmuting. */
  transmute: 'smackfstransmute',
} as const;

export const MOUNT_OPTIONS: readonly string[] = Object.values(OPTION);

function oneName(name: string): string {
  return name === OPTION.defaultLong ? OPTION.default : name;
}

/** One more option; those before it were taken. */
export function optionProblem(before: MountLabels, name: string, value: string): Errno | undefined {
  if (!MOUNT_OPTIONS.includes(name)) return undefined;
  const repeated = Object.keys(before).some((other) => oneName(other) === oneName(name));
  return repeated || parseLabel(bytesOf(value)) === undefined ? E.EINVAL : undefined;
}

/** Only administrators may say how files are labelled. */
export function mountProblem(security: SmackSecurity, labels: MountLabels, caller: Caller): Errno | undefined {
  const own = Object.entries(labels).filter(([name]) => MOUNT_OPTIONS.includes(name));
  if (own.length === 0) return undefined;
  if (!security.privileged(caller)) return E.EPERM;
  for (const [, value] of own) {
    const label = parseLabel(bytesOf(value));
    const meant = label === undefined ? undefined : security.named(label, caller);
    if (failed(meant)) return meant;
  }
  return undefined;
}
