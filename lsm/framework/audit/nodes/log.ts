/** `log` and `queue`: the last records as a file that `ausearch -if` reads, and how many records are where. */
import { bytesOf, slice } from '../../../../linux/bytes.ts';
import { CAP } from '../../../../linux/capability.ts';
import { E, type Result } from '../../../../linux/errno.ts';
import { readWhole } from '../../../../vfs/pseudo/index.ts';
import { capable } from '../../../../vfs/tree/caller.ts';
import type { Handle } from '../../../../vfs/tree/node.ts';
import type { AuditInstance } from '../instance.ts';
import { recordLine } from '../record-line.ts';
import type { RecordRing } from '../record-ring.ts';
import { AuditNode, type NodeContext } from './node.ts';

/** Open ones of a node for an audit; each keeps what it shows. As with fs.file-max, CAP_SYS_ADMIN may have more. */
const OPEN_MAX = 64;

export function logNode(context: NodeContext): AuditNode {
  /** Until the next record comes: stat(2) asks for the size. */
  const shown = new WeakMap<RecordRing, { readonly end: number; readonly content: Uint8Array }>();
  const opened = new WeakMap<RecordRing, number>();
  const contentOf = ({ delivery: { log } }: AuditInstance): Uint8Array => {
    const known = shown.get(log);
    if (known?.end === log.end) return known.content;
    const lines = log.all().map(({ type, stamp, body }) => recordLine(context.names.of(type), stamp, body));
    const content = bytesOf(lines.join(''));
    shown.set(log, { end: log.end, content });
    return content;
  };
  return new AuditNode(context, {
    mode: 0o440,
    // One who reads on sees what was there when he opened it, however many records come.
    open: (_flags, caller, instance): Result<Handle> => {
      const { log } = instance.delivery;
      const others = opened.get(log) ?? 0;
      if (others >= OPEN_MAX && !capable(caller, CAP.SYS_ADMIN)) return E.ENFILE;
      opened.set(log, others + 1);
      const content = contentOf(instance);
      return {
        writeMovesPosition: true,
        read: (length, at) => slice(content, length, at.offset),
        size: () => content.length,
        release: () => void opened.set(log, (opened.get(log) ?? 1) - 1),
      };
    },
    size: (instance) => contentOf(instance).length,
  });
}

/** Lengths of the queues of kernel/audit.c; `hold` is for a daemon that is still to come. */
export function queueNode(context: NodeContext): AuditNode {
  const text = ({ delivery, status }: AuditInstance): string => {
    const { fresh, waiting, held } = delivery.queues;
    return `main ${fresh} retry ${waiting} hold ${held} lost ${status.lost} waited ${status.waitedTime}\n`;
  };
  return new AuditNode(context, {
    mode: 0o440,
    open: (_flags, _caller, instance) => ({ writeMovesPosition: true, read: readWhole(() => text(instance)) }),
  });
}
