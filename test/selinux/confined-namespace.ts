/**
 * For tests: a confined SELinux namespace inside a host that enforces a small policy, and questions about files there.
 */

import { textOf } from '../../linux/bytes.ts';
import { failed } from '../../linux/errno.ts';
import type { KernelProfile } from '../../lsm/framework/config.ts';
import type { InodeFacts } from '../../lsm/framework/files/inode.ts';
import { inodeFacts } from '../../lsm/framework/testing/files.ts';
import { policyImage } from '../selinux-golden/selinux-box.ts';
import { NamespaceBox, type NamespaceTask } from './namespace-box.ts';

export const NAME = 'security.selinux';
export const KERNEL = 'msys_u:msys_r:mkern_t:s0';
export const APP = 'msys_u:msys_r:mapp_t:s0';
export const UNLABELED = 'msys_u:object_r:munl_t:s0';
export const DATA = 'msys_u:object_r:mdata_t:s0';
export const TMP = 'msys_u:object_r:mtmp_t:s0';
export const BIN = 'msys_u:object_r:mbin_t:s0';

/** A host that enforces, a child that was mapp_t when it left for its own namespace, which has a policy and is permissive or not. */
export function confined(profile: KernelProfile = 'talk', policy = 'mini.33') {
  const box = new NamespaceBox({ profile, policy: 'mini.33' });
  const host = box.spawn();
  const child = host.fork();
  child.write('/attr/current', APP);
  child.descend(profile === '2025' ? '1' : 'c');
  if (policy !== '') child.write('load', policyImage(policy));
  host.write('enforce', '1');
  box.log.length = 0;
  return { box, host, child };
}

export function file(xattrs: Readonly<Record<string, string>> = {}, facts: Partial<InodeFacts> = {}): InodeFacts {
  return inodeFacts({ xattrs, ...facts });
}

export function get(box: NamespaceBox, task: NamespaceTask, inode: InodeFacts, name = NAME): string {
  const value = box.stack.files.getXattr(inode, name, task.caller);
  return failed(value) ? value.code : textOf(value);
}

export function set(box: NamespaceBox, task: NamespaceTask, inode: InodeFacts, value: string, name = NAME) {
  return box.stack.files.setXattr(inode, name, Buffer.from(value, 'latin1'), task.caller)?.code;
}

export const records = (box: NamespaceBox) => box.log.splice(0).filter((line) => line.startsWith('1400'));
