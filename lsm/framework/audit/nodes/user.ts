/** `user`: a message of a program, which becomes a record. */

import { AUDIT, isUserMessage } from '../../../../linux/audit.ts';
import { bytesOf } from '../../../../linux/bytes.ts';
import { E, failed } from '../../../../linux/errno.ts';
import { TEXT_MAX } from '../requests.ts';
import { AuditNode, lineWriter, type NodeContext } from './node.ts';

export function userNode(context: NodeContext): AuditNode {
  const { access, names } = context;
  return new AuditNode(context, {
    mode: 0o200,
    open: (_flags, opener, instance) => {
      const sender = access.sender(opener, instance, 'write');
      if (failed(sender)) return sender;
      return {
        writeMovesPosition: true,
        write: lineWriter((line, caller) => {
          const [, word = '', text = ''] = /^(\S+)(?: (.*))?$/s.exec(line) ?? [];
          const type = /^\d{1,9}$/.test(word) ? Number(word) : names.number(word);
          if (type === undefined || type === AUDIT.USER || !isUserMessage(type) || text === '') return E.EINVAL;
          if (text.length > TEXT_MAX) return E.EMSGSIZE;
          return access.ask(caller, instance, [{ type, data: bytesOf(`${text}\0`) }], 'write');
        }),
      };
    },
  });
}
