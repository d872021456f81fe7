/** `log` and `queue`: the last records as a file that `ausearch -if` reads, and how many records are where. */
import { bytesOf, slice } from '../../../../linux/bytes.ts';
import { readWhole } from '../../../../vfs/pseudo/index.ts';
import type { Handle } from '../../../../vfs/tree/node.ts';
import type { AuditInstance } from '../instance.ts';
import { recordLine } from '../record-line.ts';
import { AuditNode, type NodeContext } from './node.ts';

export function logNode(context: NodeContext): AuditNode {
  const text = ({ delivery }: AuditInstance): string =>
    delivery.log
      .all()
      .map(({ type, stamp, body }) => recordLine(context.names.of(type), stamp, body))
      .join('');
  return new AuditNode(context, {
    mode: 0o440,
    // One who reads on sees what was there when he opened it, however many records come.
    open: (_flags, _caller, instance): Handle => {
      const content = bytesOf(text(instance));
      return {
        writeMovesPosition: true,
        read: (length, at) => slice(content, length, at.offset),
        size: () => content.length,
      };
    },
    size: (instance) => text(instance).length,
  });
}

/** `hold` are records for a daemon that is to come, which are not kept here: without one, they are in the kernel's log. */
export function queueNode(context: NodeContext): AuditNode {
  const text = ({ delivery, status }: AuditInstance): string => {
    const { fresh, waiting } = delivery.queues;
    return `main ${fresh} retry ${waiting} hold 0 lost ${status.lost} waited ${status.waitedTime}\n`;
  };
  return new AuditNode(context, {
    mode: 0o440,
    open: (_flags, _caller, instance) => ({ writeMovesPosition: true, read: readWhole(() => text(instance)) }),
  });
}
