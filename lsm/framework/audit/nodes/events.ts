/**
 * `events`: what multicast listeners get. Every open has its own place among the records and begins with the next one; whoever does
 * not read costs nothing, and is told how many records have overtaken him: `lost=N`.
 */
import { failed } from '../../../../linux/errno.ts';
import { recordLine } from '../record-line.ts';
import type { RecordRing } from '../record-ring.ts';
import { type LineSource, LineStream, streamHandle } from './line-stream.ts';
import { AuditNode, type NodeContext } from './node.ts';

/** The only group of audit. */
const READLOG = 1;

export function eventsNode(context: NodeContext): AuditNode {
  const { access, names } = context;
  return new AuditNode(context, {
    mode: 0o440,
    open: (_flags, opener, instance) => {
      const sender = access.reach(opener, instance);
      if (failed(sender)) return sender;
      const { subject } = sender;
      const refused = access.requests.join(READLOG, subject, access.allows(sender, 'read'));
      if (refused !== undefined) return refused;
      const { delivery } = instance;
      const stream = new LineStream(ofRing(delivery.offered, names.of));
      delivery.attached++;
      return streamHandle(stream, () => {
        delivery.attached--;
        if (access.isThere(instance)) access.requests.leave(READLOG, subject);
      });
    },
  });
}

function ofRing(ring: RecordRing, nameOf: (type: number) => string): LineSource {
  let next = ring.end;
  return {
    next: () => {
      if (next < ring.first) {
        const lost = ring.first - next;
        next = ring.first;
        return `lost=${lost}\n`;
      }
      const record = ring.at(next);
      if (record === undefined) return undefined;
      next++;
      return recordLine(nameOf(record.type), record.stamp, record.body);
    },
    whenMore: (wake) => ring.whenMore(wake),
  };
}
