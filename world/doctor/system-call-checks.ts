/**
 * Host checks that make system calls.
 */
import { closeSync } from 'node:fs';
import { passthroughProblem } from '../../fuse/index.ts';
import { errorText, systemCall } from '../../host/libc.ts';
import { unshare } from '../../host/mounts/mount.ts';
import { auditStatus } from '../../host/sockets/audit-rules.ts';
import { ERRNO } from '../../linux/errno.ts';
import { FSOPEN_CLOEXEC } from '../../linux/mount.ts';
import { CLONE_NEWNS } from '../../linux/process.ts';
import {
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
  SECCOMP_GET_ACTION_AVAIL,
  SECCOMP_RET_USER_NOTIF,
  SECCOMP_SET_MODE_FILTER,
} from '../../linux/seccomp.ts';
import { supportedMachine } from '../../linux/syscall-numbers.ts';
import type { HostCheck } from '../../lsm/framework/host-side.ts';
import { callProblem } from '../launcher/needed-calls.ts';
import { connectorProblem } from '../tracking/index.ts';

const fsopen = systemCall('fsopen', ['str', 'uint']);
const seccomp = systemCall('seccomp', ['uint', 'uint', 'void *']);

export function systemCallChecks(): HostCheck[] {
  takeMountNamespace();
  return [
    machine(),
    calls(),
    mountApi(),
    notification(),
    mediation(),
    killableWait(),
    processEvents(),
    audit(),
    passthrough(),
  ];
}

/**
 * fsopen(2) of FUSE requires that the user namespace owns the mount namespace, as in a world. Node's other threads stay
 * in their namespaces; this process does nothing else.
 */
function takeMountNamespace(): void {
  unshare(CLONE_NEWNS);
}

function machine(): HostCheck {
  const known = supportedMachine(process.arch);
  return known
    ? { id: 'machine', status: 'ok', detail: process.arch }
    : {
        id: 'machine',
        status: 'fail',
        detail: `lsmfs does not know the system calls of ${process.arch}`,
        fix: 'Use x86-64 or arm64.',
      };
}

/** With audit rules the kernel reads an attribute of each file that a system call names. */
function audit(): HostCheck {
  const id = 'audit';
  const found = auditStatus();
  if (found === undefined) return { id, status: 'ok', detail: 'no audit of the host can be seen from here' };
  const rules = found.rules === 1 ? 'one rule' : `${found.rules} rules`;
  return { id, status: 'ok', detail: `${found.enabled ? 'on' : 'off'}, ${found.rules === 0 ? 'no rules' : rules}` };
}

function mountApi(): HostCheck {
  const id = 'mount-api';
  const context = fsopen('fuse', FSOPEN_CLOEXEC);
  if (context >= 0) {
    closeSync(context);
    return { id, status: 'ok', detail: 'fsopen(2) makes FUSE superblocks' };
  }
  return {
    id,
    status: 'fail',
    detail: `fsopen("fuse"): ${errorText(context)}`,
    fix:
      context === -ERRNO.EPERM
        ? 'It needs CAP_SYS_ADMIN; in a container add `--cap-add SYS_ADMIN`.'
        : 'Run `modprobe fuse`; Linux 5.2 or newer is needed.',
  };
}

function notification(): HostCheck {
  const action = new Uint8Array(new Uint32Array([SECCOMP_RET_USER_NOTIF]).buffer);
  const result = seccomp(SECCOMP_GET_ACTION_AVAIL, 0, action);
  return result >= 0
    ? { id: 'seccomp', status: 'ok', detail: 'system calls can be answered by a supervisor' }
    : {
        id: 'seccomp',
        status: 'warn',
        detail: `no user notification: ${errorText(result)}`,
        fix: 'Linux 5.6 or newer is needed, and in a container a profile that allows seccomp(2). Or use `lsmfs run --no-seccomp`.',
      };
}

/** Nothing that the host could lack beyond notifications: how it is turned off is what one looks for. */
function mediation(): HostCheck {
  const detail =
    'where modules decide what programs do, they are asked; `lsmfs run --no-mediation` asks nobody and is faster';
  return { id: 'mediation', status: 'ok', detail };
}

/** With a null program a kernel that knows the flags says EFAULT, one that does not EINVAL. */
function killableWait(): HostCheck {
  const flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  const result = seccomp(SECCOMP_SET_MODE_FILTER, flags, null);
  return result === -ERRNO.EINVAL
    ? {
        id: 'seccomp-killable',
        status: 'warn',
        detail: 'a signal at the wrong moment makes the kernel repeat a supervised call',
        fix: 'Use Linux 5.19 or newer.',
      }
    : { id: 'seccomp-killable', status: 'ok', detail: 'supervised calls are not repeated after a signal' };
}

function calls(): HostCheck {
  const id = 'system-calls';
  const problem = callProblem();
  return problem === undefined
    ? { id, status: 'ok', detail: 'those that worlds need are answered' }
    : { id, status: 'fail', detail: problem.cause, fix: problem.fix };
}

function processEvents(): HostCheck {
  const id = 'proc-connector';
  const problem = connectorProblem();
  return problem === undefined
    ? { id, status: 'ok', detail: 'fork and exec are seen as they happen' }
    : {
        id,
        status: 'warn',
        detail: `${problem}; fork and exec are found by supervised execve(2) instead`,
        fix: 'Run as root in the initial user, pid and network namespaces for exact tracking.',
      };
}

function passthrough(): HostCheck {
  const id = 'fuse-passthrough';
  const problem = passthroughProblem();
  return problem === undefined
    ? {
        id,
        status: 'ok',
        detail: 'files below `lsmfs mount --labels` are read and written at the speed of their filesystem',
      }
    : {
        id,
        status: 'warn',
        detail: `${problem}; files below \`lsmfs mount --labels\` are read and written by its server`,
        fix: 'Use Linux 6.9 or newer with CONFIG_FUSE_PASSTHROUGH, as root of the host.',
      };
}
