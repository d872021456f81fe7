/**
 * Objects of the kernel that have no name: selinux_inode_init_security_anon(), selinux_uring_*(), selinux_bpf*(),
 * selinux_perf_event_open() and selinux_tun_dev_*() of security/selinux/hooks.c, Linux 6.12. They are asked about as they are made; then
 * they have the label of their maker.
 */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, sidIn, type TaskSecurity } from '../namespaces/task-security.ts';
import { anonymousSid } from './inode-label.ts';

export interface KernelObjectsHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  /** A task in the state it had when it made, or opened, the network interface, or registered credentials. */
  readonly namedMaker: (name: string) => Task | undefined;
}

export function kernelObjectHooks({ securityOf, namedMaker }: KernelObjectsHost): AccessHooks {
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
    uringOverrideCreds(task, { personality }, caller) {
      const maker = namedMaker(personality);
      if (maker === undefined) return undefined;
      return checkEach(securityOf(task), ({ namespace, current }) =>
        namespace.state.check(caller, current, sidIn(securityOf(maker), namespace), 'io_uring', 'override_creds'),
      );
    },
    bpf: (task, { makes }, caller) => own(task, 'bpf', makes === 'map' ? 'map_create' : 'prog_load', caller),
    bpfMap: (task, { read, write }, caller) =>
      own(task, 'bpf', [...(read ? ['map_read'] : []), ...(write ? ['map_write'] : [])], caller),
    bpfProg: (task, _about, caller) => own(task, 'bpf', 'prog_run', caller),
    perfEventOpen: (task, { type }, caller) => own(task, 'perf_event', type, caller),
    tunDevCreate: (task, _about, caller) => own(task, 'tun_socket', 'create', caller),
    tunDevOpen(task, { interface: name }, caller) {
      const maker = namedMaker(name);
      if (maker === undefined) return undefined;
      return (
        checkEach(securityOf(task), ({ namespace, current }) =>
          namespace.state.check(caller, current, sidIn(securityOf(maker), namespace), 'tun_socket', 'relabelfrom'),
        ) ?? own(task, 'tun_socket', 'relabelto', caller)
      );
    },
    tunDevAttachQueue(task, { interface: name }, caller) {
      const maker = (name === undefined ? undefined : namedMaker(name)) ?? task;
      return checkEach(securityOf(task), ({ namespace, current }) =>
        namespace.state.check(caller, current, sidIn(securityOf(maker), namespace), 'tun_socket', 'attach_queue'),
      );
    },
  };
}
