/**
 * The mounts that a new world's namespace gets: one detached copy of each filesystem of the stack, in the daemon's descriptor table.
 */

import { failed, type Result } from '../../../linux/errno.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import { WorldError } from '../../errors.ts';
import { kmsgTree } from '../../kernel-files/kmsg/files.ts';
import { ATTR_LINKS_TYPE, KMSG_TYPE, type OfferedMount, SYSCTL_TYPE, SYSFS_TYPE } from '../../protocol/messages.ts';
import type { DaemonWorld } from '../world.ts';

export function offerMounts({ stack, instances }: Pick<DaemonWorld, 'stack' | 'instances'>): Promise<OfferedMount[]> {
  const filesystems = stack.filesystems.types.map((type) => ({
    type,
    filesystem: stack.filesystems.mount(type, KERNEL_CALLER),
  }));
  if (stack.sysctls.size > 0) filesystems.push({ type: SYSCTL_TYPE, filesystem: stack.sysctlTree });
  for (const [place, filesystem] of stack.sysfsDirectories) {
    filesystems.push({ type: `${SYSFS_TYPE}${place}`, filesystem });
  }
  return Promise.all(filesystems.map(({ type, filesystem }) => offerMount({ instances }, type, filesystem)));
}

/** For worlds in which opens cannot be answered. @param attrLinks mount of the links to the attr files. */
export async function offerInPlaceOfOpens(world: DaemonWorld, attrLinks: number): Promise<OfferedMount[]> {
  return [
    { type: ATTR_LINKS_TYPE, fd: attrLinks },
    await offerMount(world, KMSG_TYPE, kmsgTree(world.replacedFiles.syslog)),
  ];
}

async function offerMount(
  { instances }: Pick<DaemonWorld, 'instances'>,
  type: string,
  filesystem: Result<Filesystem>,
): Promise<OfferedMount> {
  const fd = failed(filesystem) ? filesystem : await instances.detachedMount(filesystem);
  if (failed(fd))
    throw new WorldError(
      'mount-failed',
      `The ${type} of the world cannot be mounted: ${fd.message}.`,
      'See `lsmfs doctor`.',
    );
  return { type, fd };
}
