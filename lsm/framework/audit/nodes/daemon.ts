/**
 * `daemon`: the audit daemon as a file. Who opens it registers as by AUDIT_SET, and gets the records until he closes it. What he leaves
 * unread is bounded as in a netlink socket: then records wait in the queue of the audit, and are lost beyond its limit.
 */
import { AUDIT, STATUS } from '../../../../linux/audit.ts';
import { textOf } from '../../../../linux/bytes.ts';
import { failed } from '../../../../linux/errno.ts';
import type { AuditSocket } from '../delivery.ts';
import { splitRecord, words } from '../netlink.ts';
import { oneLine, type RecordNames } from '../record-line.ts';
import { type LineSource, LineStream, streamHandle } from './line-stream.ts';
import { AuditNode, type NodeContext } from './node.ts';

/** Bytes that may be unread: what a netlink socket takes by default. */
const ROOM = 212_992;

export function daemonNode(context: NodeContext): AuditNode {
  const { access, names } = context;
  return new AuditNode(context, {
    mode: 0o600,
    open: (_flags, opener, instance) => {
      const sender = access.sender(opener, instance, 'control');
      if (failed(sender)) return sender;
      const { delivery } = instance;
      const registration = (pid: number) => ({ type: AUDIT.SET, data: words(STATUS.PID, 0, 0, pid) });
      const queue = new DaemonQueue(names, () => delivery.flush());
      const refused = access.requests.handle(instance, registration(sender.ownPid), sender, queue);
      if (refused !== undefined) return refused;
      return streamHandle(new LineStream(queue), () => {
        if (delivery.isDaemon(queue) && access.isThere(instance))
          access.requests.handle(instance, registration(0), sender, queue);
        if (delivery.isDaemon(queue)) delivery.unregister();
      });
    },
  });
}

/** The socket of a daemon that reads lines. It has no port. */
class DaemonQueue implements AuditSocket, LineSource {
  readonly port = 0;
  readonly taken: () => void;
  readonly #names: RecordNames;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #bytes = 0;

  constructor(names: RecordNames, taken: () => void) {
    this.#names = names;
    this.taken = taken;
  }

  send(message: Uint8Array): 'sent' | 'full' {
    const record = splitRecord(message);
    // Whether it lives is asked by this: it does.
    if (record.type === AUDIT.REPLACE) return 'sent';
    const line = `type=${this.#names.of(record.type)} msg=${oneLine(textOf(record.text))}\n`;
    if (this.#lines.length > 0 && this.#bytes + line.length > ROOM) return 'full';
    this.#lines.push(line);
    this.#bytes += line.length;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
    return 'sent';
  }

  next(): string | undefined {
    const line = this.#lines.shift();
    if (line !== undefined) this.#bytes -= line.length;
    return line;
  }

  whenMore(wake: () => void): () => void {
    const entry = (): void => wake();
    this.#waiting.add(entry);
    return () => void this.#waiting.delete(entry);
  }
}
