/**
 * /proc/PID/loginuid and /proc/PID/sessionid, and the same of a thread.
 *
 * Model: proc_loginuid_read(), proc_loginuid_write() and proc_sessionid_read() of fs/proc/base.c. Only a task itself may change its login.
 */
import { readlinkSync } from 'node:fs';
import { UNSET } from '../../../linux/audit.ts';
import { bytesOf, slice, textOf, untilNul } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { Handle, Position } from '../../../vfs/tree/node.ts';
import type { AuditCallsHost } from './audit-calls.ts';

const FILE = /^\/proc\/(\d+)(?:\/task\/(\d+))?\/[a-z]+$/;
/** A number of 32 bits in any base, with a sign and an end of line; what follows is not looked at. */
const TEXT_MAX = 34;

export const isLoginFile = (kind: string): boolean => kind === 'loginuid' || kind === 'sessionid';

/** @param file a link to the file of the host that it stands for. */
export function openLoginFile(host: AuditCallsHost, kind: string, file: string): Result<Handle> {
  const task = taskOfFile(host.stack, file);
  if (task === undefined) return E.ESRCH;
  return kind === 'sessionid' ? new SessionFile(host, task) : new LoginFile(host, task);
}

class SessionFile implements Handle {
  readonly writeMovesPosition = false;
  protected readonly host: AuditCallsHost;
  protected readonly task: Task;

  constructor(host: AuditCallsHost, task: Task) {
    this.host = host;
    this.task = task;
  }

  protected get value(): number {
    return this.host.stack.audit.stateOf(this.task).sessionid;
  }

  read(length: number, at: Position): Result<Uint8Array> {
    return slice(bytesOf(String(this.value)), length, at.offset);
  }
}

class LoginFile extends SessionFile {
  protected override get value(): number {
    return this.host.stack.audit.stateOf(this.task).loginuid;
  }

  write(data: Uint8Array, at: Position, caller: Caller): Result<number> {
    const { audit } = this.host.stack;
    const { task } = this;
    if (caller.tid !== task.tid) return E.EPERM;
    if (at.offset !== 0) return E.EINVAL;
    const loginuid = parseLogin(data);
    if (failed(loginuid)) return loginuid;
    const subject = this.host.subject(task);
    if (subject === undefined) return E.ESRCH;
    const refused = audit.setLogin(task, subject, loginuid, capable(caller, CAP.AUDIT_CONTROL));
    return refused ?? data.length;
  }
}

/** kstrtou32_from_user() in base 10. */
function parseLogin(data: Uint8Array): Result<number> {
  const [, digits] = /^\+?(\d+)\n?$/.exec(textOf(untilNul(data.subarray(0, TEXT_MAX)))) ?? [];
  if (digits === undefined) return E.EINVAL;
  return BigInt(digits) > BigInt(UNSET) ? E.ERANGE : Number(digits);
}

/** A file of /proc/PID, by a link to it: whose it is. */
export function taskOfFile(stack: Stack, file: string): Task | undefined {
  const [, process, thread] = FILE.exec(link(file)) ?? [];
  return process === undefined ? undefined : stack.find(tidOf(Number(thread ?? process)));
}

function link(path: string): string {
  try {
    return readlinkSync(path, 'latin1');
  } catch {
    return '';
  }
}
