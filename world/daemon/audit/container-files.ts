/**
 * /proc/PID/audit_containerid and audit_capcontainerid, and the same of a thread.
 *
 * Model: proc_contid_read(), proc_contid_write() and their like in the series "audit: implement container identifier",
 * version 11. They stand in for a file of the host with the same owner and mode.
 */

import { bytesOf, slice, textOf, untilNul } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { NO_CONTAINER } from '../../../lsm/framework/audit/container.ts';
import type { ContainerWriter } from '../../../lsm/framework/audit/containers.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { Handle, Position } from '../../../vfs/tree/node.ts';
import type { AuditCallsHost } from './audit-calls.ts';
import { taskOfFile } from './login-files.ts';

/** Longest number that is parsed, in any base, with sign and newline. */
const TEXT_MAX = 66;

export const isContainerFile = (kind: string): boolean =>
  kind === 'audit-containerid' || kind === 'audit-capcontainerid';

/** @param file a link to the file of the host that it stands for. */
export function openContainerFile(host: AuditCallsHost, kind: string, file: string): Result<Handle> {
  const task = taskOfFile(host.stack, file);
  if (task === undefined) return E.ESRCH;
  return new ContainerFile(host, task, kind === 'audit-capcontainerid');
}

class ContainerFile implements Handle {
  readonly writeMovesPosition = false;
  readonly #host: AuditCallsHost;
  readonly #task: Task;
  /** True for audit_capcontainerid: whether the task may set ids. */
  readonly #capability: boolean;

  constructor(host: AuditCallsHost, task: Task, capability: boolean) {
    this.#host = host;
    this.#task = task;
    this.#capability = capability;
  }

  read(length: number, at: Position, caller: Caller): Result<Uint8Array> {
    const { audit, facts } = this.#host.stack;
    if (facts.thread(this.#task.tid) === undefined) return E.ESRCH;
    const reader = { task: this.#host.stack.taskOf(caller), control: capable(caller, CAP.AUDIT_CONTROL) };
    if (!audit.containers.mayRead(reader)) return E.EPERM;
    const { container, mayContain } = audit.stateOf(this.#task);
    const value = this.#capability ? (mayContain ? 1 : 0) : (container?.id ?? NO_CONTAINER);
    return slice(bytesOf(String(value)), length, at.offset);
  }

  write(data: Uint8Array, at: Position, caller: Caller): Result<number> {
    const { stack } = this.#host;
    if (stack.facts.thread(this.#task.tid) === undefined) return E.ESRCH;
    if (at.offset !== 0) return E.EINVAL;
    const value = parseNumber(data, this.#capability ? 2n ** 32n : 2n ** 64n);
    if (failed(value)) return value;
    if (this.#capability && value > 1n) return E.EINVAL;
    const task = stack.taskOf(caller);
    const subject = this.#host.subject(task);
    if (subject === undefined) return E.ESRCH;
    const writer: ContainerWriter = {
      task,
      subject,
      control: capable(caller, CAP.AUDIT_CONTROL),
      initialUserNamespace: caller.userNamespace === undefined,
    };
    const { containers } = stack.audit;
    const refused = this.#capability
      ? containers.setCapability(this.#task, value === 1n, writer)
      : containers.set(this.#task, value, writer);
    return refused ?? data.length;
  }
}

/** kstrtou32_from_user() and kstrtoull_from_user() in base 10. */
function parseNumber(data: Uint8Array, limit: bigint): Result<bigint> {
  const [, digits] = /^\+?(\d+)\n?$/.exec(textOf(untilNul(data.subarray(0, TEXT_MAX)))) ?? [];
  if (digits === undefined) return E.EINVAL;
  return BigInt(digits) >= limit ? E.ERANGE : BigInt(digits);
}
