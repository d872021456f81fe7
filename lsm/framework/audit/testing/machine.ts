/** An audit that is asked by netlink messages, and what it says. */
import { AUDIT } from '../../../../linux/audit.ts';
import { taskId, tgidOf } from '../../../../linux/ids.ts';
import { TaskTable } from '../../task.ts';
import { Audit } from '../audit.ts';
import { encodeMessage, words } from '../netlink.ts';
import type { AuditSender } from '../request.ts';
import { AuditRequests } from '../requests.ts';
import type { RecordSubject } from '../subject.ts';
import { Reader } from './reader.ts';

export const SUBJECT: RecordSubject = {
  pid: tgidOf(7),
  ppid: tgidOf(1),
  uids: [0, 0, 0, 0],
  gids: [0, 0, 0, 0],
  tty: '(none)',
  comm: 'auditctl',
  exe: '/usr/sbin/auditctl',
  title: 'auditctl\0-s\0',
  loginuid: 0xffffffff,
  sessionid: 0xffffffff,
};
export const EXISTS = { parent: () => undefined, exists: () => undefined };

export interface LoggedRecord {
  readonly type: number;
  readonly body: string;
  readonly stamp: string;
}

/** NLM_F_REQUEST and NLM_F_ACK. */
export const FLAGS = 5;

export class AuditMachine {
  time = 1_700_000_000_000;
  readonly log: LoggedRecord[] = [];
  readonly printed: string[] = [];
  readonly tasks = new TaskTable();
  readonly audit: Audit;
  readonly requests: AuditRequests;
  /** Messages that a socket takes until somebody reads. */
  room = 1000;

  constructor(parameters: { audit?: string; backlogLimit?: string } = {}) {
    const host = {
      now: () => this.time,
      log: () => ({
        print: (text: string) => void this.printed.push(text),
        audit: (type: number, body: string, stamp: string) => void this.log.push({ type, stamp, body }),
        unheard: (type: number, body: string) => void this.printed.push(`${type} ${body}`),
      }),
    };
    this.audit = new Audit(host, { ticks: 100, ...parameters }, (blob) => this.tasks.registerBlob(blob));
    this.requests = new AuditRequests(this.audit);
  }

  readerAt(port: number): Reader {
    return new Reader(this.audit, port, () => this.room);
  }

  sender(change: Partial<AuditSender> = {}): AuditSender {
    return {
      task: this.tasks.enter(taskId(7)),
      subject: SUBJECT,
      initialUserNamespace: true,
      initialPidNamespace: true,
      ownPid: 7,
      control: true,
      write: true,
      paths: EXISTS,
      ...change,
    };
  }

  /** @returns the errors in what the socket got; it is empty afterwards. */
  ask(
    type: number,
    data: Uint8Array = new Uint8Array(0),
    from: Partial<AuditSender> = {},
    socket = this.readerAt(1),
  ): number[] {
    this.requests.receive(encodeMessage({ type, flags: FLAGS, sequence: 9 }, data), socket, this.sender(from));
    return socket.errors();
  }

  /** AUDIT_SET: @param values of struct audit_status behind the mask. */
  set(mask: number, ...values: number[]): number[] {
    return this.ask(AUDIT.SET, words(mask, ...values));
  }
}
