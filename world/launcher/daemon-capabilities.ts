/**
 * The capabilities(7) of a daemon: it is started without those that it does not use, so that no thread of it ever has them.
 *
 * setpriv(1) drops them from the bounding and the inheritable set and executes the daemon. After execve(2) root has the
 * capabilities that are in both sets; the owner of a user namespace at most the inheritable ones, because the ambient set
 * is a subset of these. Node could not do that: capabilities are per thread, and it has several before any script runs.
 * Where setpriv(1) is missing or refused the daemon has the capabilities of its launcher.
 */
import { spawnSync } from 'node:child_process';
import { becomeCommand, setCloseOnExec } from '../../host/process/process.ts';
import { statusMask } from '../../host/procfs/status.ts';
import { ownStatus } from './process-status.ts';

export interface KeptCapability {
  readonly name: string;
  /** include/uapi/linux/capability.h. */
  readonly number: number;
  /** A clause without a full stop; docs/background/security.md has the same table. */
  readonly use: string;
}

export const KEPT_CAPABILITIES: readonly KeptCapability[] = [
  { name: 'dac_override', number: 1, use: 'write to the memory of callers that are other users' },
  { name: 'dac_read_search', number: 2, use: 'read /proc/PID and follow paths of callers that are other users' },
  { name: 'fowner', number: 3, use: 'read files for their digests without changing when they were read (O_NOATIME)' },
  {
    name: 'kill',
    number: 5,
    use: "end the members of the world; send a caller's signal to those of a process group, or of all, who may get it",
  },
  { name: 'setgid', number: 6, use: 'look up files with the groups of a caller' },
  { name: 'setuid', number: 7, use: 'look up files with the file system identity of a caller' },
  { name: 'net_admin', number: 12, use: 'process events (proc connector)' },
  { name: 'sys_chroot', number: 18, use: 'visit mount namespaces of callers (setns(2))' },
  { name: 'sys_ptrace', number: 19, use: 'look at processes and take copies of their descriptors' },
  { name: 'sys_admin', number: 21, use: 'mounts, namespaces, security attributes of files' },
  {
    name: 'sys_nice',
    number: 23,
    use: 'be less nice than the launcher, receive calls at once (`world/daemon/priority.ts`, `world/supervisor/urgency.ts`)',
  },
  { name: 'lease', number: 28, use: 'see who has a file of another user open' },
  { name: 'audit_control', number: 30, use: 'ask whether the host has audit rules' },
  { name: 'mac_override', number: 32, use: 'all of this under the access rules of a labelling module of the host' },
];

/** Larger than CAP_LAST_CAP of any kernel. */
const MOST = 64;

/** Bits by number. */
export const KEPT_MASK = KEPT_CAPABILITIES.reduce((mask, { number }) => mask | (1n << BigInt(number)), 0n);

/**
 * Options of setpriv(1) that drop all capabilities but {@link KEPT_CAPABILITIES}.
 * @param status text of /proc/PID/status of the launcher; no capability is added to its own.
 * @param needed further capabilities to keep. @returns none when there is nothing to drop.
 */
export function dropOptions(status: string, needed: readonly number[] = []): string[] {
  const has = ['CapBnd', 'CapInh'].reduce((mask, name) => mask | (statusMask(status, name) ?? 0n), 0n);
  const dropped = Array.from({ length: MOST }, (_, number) => number)
    .filter((number) => ((has & ~KEPT_MASK) >> BigInt(number)) % 2n === 1n && !needed.includes(number))
    .map((number) => `-cap_${number}`)
    .join();
  return dropped === '' ? [] : [`--bounding-set=${dropped}`, `--inh-caps=${dropped}`];
}

/** Names of the capabilities in a mask; `cap_N` for those that are always dropped. */
export function capabilityNames(mask: bigint): string[] {
  const names = new Map(KEPT_CAPABILITIES.map(({ name, number }) => [number, name]));
  return Array.from({ length: MOST }, (_, number) => number)
    .filter((number) => (mask >> BigInt(number)) % 2n === 1n)
    .map((number) => names.get(number) ?? `cap_${number}`);
}

/**
 * For `lsmfs mount`, which serves in the foreground and so cannot be started with less: this process executes its own
 * program again by way of setpriv(1), and keeps its number. Returns when it has no more than the table says, or where
 * setpriv(1) is missing or refused.
 */
export function restartRestricted(needed: readonly number[] = []): void {
  const options = dropOptions(ownStatus(), needed);
  if (options.length === 0 || spawnSync('setpriv', [...options, 'true']).status !== 0) return;
  for (const fd of [0, 1, 2]) setCloseOnExec(fd, false); // Node has set it
  becomeCommand(['setpriv', ...options, process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}
