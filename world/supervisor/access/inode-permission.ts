/** inode_permission() and may_linkat() of fs/namei.c, Linux 6.12, with the capabilities that they ask for. */
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_ISUID } from '../../../linux/stat.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { credentialsOf, ownerOrCapable } from './calls.ts';
import { fdinfoChecks } from './fdinfo-checks.ts';
import { overrideChecks } from './permission-checks.ts';

/** S_ISGID | S_IXGRP */
const SETGID_PROGRAM = 0o2010;

/**
 * Of what the kernel itself permits the caller, perhaps by a capability.
 * @param fd a descriptor of ours.
 * @param more MAY_* that only the modules see.
 */
export function permissionChecks(
  context: WorkerContext,
  file: FileFacts,
  fd: number,
  mask: number,
  more = 0,
): AccessCheck[] {
  const { call, files, mediator } = context;
  const view = { credentials: () => credentialsOf(context), status: (tid: Tid) => context.view.status(tid) };
  const asked = mediator?.families.has('capabilities') === true;
  const looks = mediator?.families.has('tasks') === true ? fdinfoChecks(context.view, call.tid, file) : [];
  const override = asked ? overrideChecks({ view, files }, call.tid, file, fd, mask) : [];
  return [...looks, ...override, { hook: 'inodePermission', about: { file, mask: mask | more } }];
}

/** With fs.protected_hardlinks; `undefined` = the kernel refuses by itself. */
export function linkableChecks(
  context: WorkerContext,
  file: FileFacts,
  fd: number,
): readonly AccessCheck[] | undefined {
  const mask = MAY_READ | MAY_WRITE;
  const owner = ownerOrCapable(context, file);
  if (!isPlainSource(file) || context.view.permits(context.call.tid, fd, mask) < 0) return owner;
  const instead = owner === undefined ? ({ refusal: 'EPERM' } as const) : { otherwise: owner };
  return permissionChecks(context, file, fd, mask).map((check, index) => ({
    ...check,
    ...instead,
    ...(index > 0 && { follows: true as const }),
  }));
}

/** Files that safe_hardlink_source() asks about. */
function isPlainSource({ inode, mode }: FileFacts): boolean {
  return inode.class === 'file' && (mode & S_ISUID) === 0 && (mode & SETGID_PROGRAM) !== SETGID_PROGRAM;
}
