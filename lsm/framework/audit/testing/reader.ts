import { textOf } from '../../../../linux/bytes.ts';
import type { Audit, AuditSocket } from '../audit.ts';

/** What a program has received. */
export class Reader implements AuditSocket {
  readonly port: number;
  /** Messages that are taken until somebody reads. */
  readonly #room: () => number;
  readonly received: Uint8Array[] = [];
  open = true;

  constructor(audit: Audit, port: number, room = () => 1000) {
    this.port = port;
    this.#room = room;
    audit.opened(this);
  }

  send(message: Uint8Array): 'sent' | 'full' | 'gone' {
    if (!this.open) return 'gone';
    if (this.received.length >= this.#room()) return 'full';
    this.received.push(message);
    return 'sent';
  }

  /** `type: text` of the records. */
  records(): string[] {
    return this.received.splice(0).map((message) => {
      const view = new DataView(message.buffer, message.byteOffset);
      return `${view.getUint16(4, true)}: ${textOf(message.subarray(16)).replace(/^audit\([\d.]+:(\d+)\): /, '$1 ')}`;
    });
  }

  errors(): number[] {
    return this.received.splice(0).flatMap((message) => {
      const view = new DataView(message.buffer, message.byteOffset);
      return view.getUint16(4, true) === 2 ? [view.getInt32(16, true)] : [];
    });
  }
}
