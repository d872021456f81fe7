/**
 * Capabilities that commands of ioctl(2) need, as far as they are looked at: where a block of a file lies (ioctl_fibmap() of
 * fs/ioctl.c), and changes of network interfaces and routes (dev_ioctl() of net/core, devinet_ioctl() of net/ipv4), Linux 6.12.
 */
import { CAP } from '../../../linux/capability.ts';
import { FIBMAP, NETWORK_CHANGES } from '../../../linux/ioctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { WorkerContext } from '../context.ts';
import { capabilityCheck } from './calls.ts';

export function ioctlCapabilities(
  context: WorkerContext,
  command: number,
  { file: { inode } }: OpenFile,
): readonly AccessCheck[] {
  if (context.mediator?.families.has('capabilities') !== true) return [];
  if (command === FIBMAP && inode.class === 'file') return capabilityCheck(context, CAP.SYS_RAWIO);
  return inode.socket !== undefined && NETWORK_CHANGES.has(command) ? capabilityCheck(context, CAP.NET_ADMIN) : [];
}
