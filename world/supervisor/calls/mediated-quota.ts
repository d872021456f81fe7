/**
 * What quotactl(2) asks the modules about the filesystem: do_quotactl() and check_quotactl_permission() of fs/quota/quota.c,
 * Linux 6.12.
 */
import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { FREE_QUOTA_COMMANDS, MAXQUOTAS, OWN_QUOTA_COMMANDS, SUBCMDSHIFT } from '../../../linux/quota.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capabilityCheck, refuse, walk } from '../access/calls.ts';
import { deviceOfNode } from '../caller/device-node.ts';
import { worldMountOfDevice } from '../caller/world-mount.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** (command, block device, id, address) */
const quotactl: Handler = (context) => {
  const filesystem = context.call.isNull(1) ? undefined : onDevice(context);
  if (filesystem !== undefined) ask(context, context.call.low(0), filesystem);
};

/** (descriptor, command, id, address) */
const quotactl_fd: Handler = (context) => {
  const { call, mediator, view } = context;
  const fd = view.openDescriptor(call.tid, call.fd(0));
  if (fd < 0) return;
  const filesystem = mediator?.look(fd, call.tid);
  view.close(fd);
  if (filesystem !== undefined) ask(context, call.low(1), filesystem);
};

/** A file of the filesystem that is mounted from the device; `undefined` = the kernel finds none, or it cannot be looked at. */
function onDevice(context: WorkerContext): FileFacts | undefined {
  const { call, mediator, view } = context;
  const walked = walk(context, { dirfd: AT_FDCWD, path: 1, follow: true });
  if (walked === undefined) return undefined;
  const device = walked.file < 0 ? undefined : deviceOfNode(view, walked.file);
  walked.close();
  const mount = device === undefined ? undefined : worldMountOfDevice(view.mountInfo(call.tid), device);
  if (mount === undefined || mediator === undefined) return undefined;
  const root = mediator.walk({ tid: call.tid, dirfd: AT_FDCWD, path: mount.mountPoint, follow: true });
  const seen = root.file < 0 ? undefined : mediator.look(root.file, call.tid);
  root.close();
  return seen?.device === device ? seen : undefined;
}

function ask(context: WorkerContext, given: number, file: FileFacts): void {
  const { call, view } = context;
  const [command, type] = [given >>> SUBCMDSHIFT, given & 0xff];
  if (type >= MAXQUOTAS) return; // EINVAL
  const { fsuid } = view.credentials(call.tid) ?? {};
  const isOwn = type === 0 && OWN_QUOTA_COMMANDS.has(command) && call.low(2) === fsuid;
  const isFree = FREE_QUOTA_COMMANDS.has(command) || isOwn;
  const privilege = isFree ? [] : capabilityCheck(context, CAP.SYS_ADMIN);
  if (!isFree && privilege.length === 0) return; // EPERM
  refuse(context, [...privilege, { hook: 'quotactl', about: { file, command } }]);
}

export const calls = always('mediate-mounts', { quotactl, quotactl_fd });
