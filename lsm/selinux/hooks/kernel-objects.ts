/**
 * Objects of the kernel that have no name: selinux_inode_init_security_anon(), selinux_uring_sqpoll(), selinux_bpf*() and
 * selinux_tun_dev_*() of security/selinux/hooks.c, Linux 6.12. They are asked about as they are made; then they have the
 * label of their maker.
 */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import { anonymousSid } from './inode-label.ts';

export function kernelObjectHooks(securityOf: (task: Task) => TaskSecurity): AccessHooks {
  const own = (
    task: Task,
    objectClass: string,
    permissions: string | readonly string[],
    caller: Caller,
  ): Errno | undefined =>
    checkEach(securityOf(task), ({ namespace: { state }, current }) =>
      state.check(caller, current, current, objectClass, permissions),
    );
  return {
    inodeInitSecurityAnon: (task, { kind }, caller) =>
      checkEach(securityOf(task), ({ namespace: { state }, current }) => {
        if (state.loaded === undefined) return undefined;
        const made = anonymousSid(state, state.loaded, current, kind);
        return state.check(caller, current, made, 'anon_inode', 'create', ` anonclass=${kind}`);
      }),
    uringSqpoll: (task, _about, caller) => own(task, 'io_uring', 'sqpoll', caller),
    bpf: (task, { makes }, caller) => own(task, 'bpf', makes === 'map' ? 'map_create' : 'prog_load', caller),
    bpfMap: (task, { read, write }, caller) =>
      own(task, 'bpf', [...(read ? ['map_read'] : []), ...(write ? ['map_write'] : [])], caller),
    bpfProg: (task, _about, caller) => own(task, 'bpf', 'prog_run', caller),
    tunDevCreate: (task, _about, caller) => own(task, 'tun_socket', 'create', caller),
    tunDevAttachQueue: (task, _about, caller) => own(task, 'tun_socket', 'attach_queue', caller),
  };
}
