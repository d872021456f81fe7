/**
 * Which handler answers which request.
 *
 * ENOSYS to FLUSH means "never ask again" and is right for us: closing a descriptor has no effect of its own (a shell's
 * `echo >` flushes *before* it writes).
 */
import { E } from '../../linux/errno.ts';
import { OPCODE, type OpcodeName } from '../protocol/opcodes.ts';
import * as connection from './handlers/connection.ts';
import * as directory from './handlers/directory.ts';
import * as file from './handlers/file.ts';
import * as sync from './handlers/file.ts';
import { ioctl } from './handlers/forwarded-write.ts';
import * as names from './handlers/lookup.ts';
import * as modify from './handlers/modify.ts';
import * as xattr from './handlers/xattr.ts';
import { NO_REPLY, type RequestHandler } from './session.ts';

const neverAsk: RequestHandler = () => E.ENOSYS;

const HANDLERS: Readonly<Record<OpcodeName, RequestHandler>> = {
  LOOKUP: names.lookup,
  FORGET: names.forget,
  GETATTR: names.getattr,
  SETATTR: names.setattr,
  READLINK: names.readlink,
  SYMLINK: modify.symlink,
  MKNOD: modify.mknod,
  MKDIR: modify.mkdir,
  UNLINK: modify.unlink,
  RMDIR: modify.rmdir,
  RENAME: modify.rename,
  LINK: modify.link,
  OPEN: file.open,
  READ: file.read,
  WRITE: file.write,
  STATFS: connection.statfs,
  RELEASE: file.release,
  FSYNC: sync.fsync,
  SETXATTR: xattr.setxattr,
  GETXATTR: xattr.getxattr,
  LISTXATTR: xattr.listxattr,
  REMOVEXATTR: xattr.removexattr,
  FLUSH: neverAsk,
  INIT: connection.init,
  OPENDIR: directory.opendir,
  READDIR: directory.readdir,
  RELEASEDIR: directory.releasedir,
  FSYNCDIR: sync.fsyncdir,
  ACCESS: names.access,
  CREATE: file.create,
  INTERRUPT: connection.interrupt,
  DESTROY: connection.destroy,
  IOCTL: ioctl,
  POLL: file.poll,
  NOTIFY_REPLY: () => NO_REPLY,
  BATCH_FORGET: names.batchForget,
  READDIRPLUS: directory.readdirplus,
  RENAME2: modify.rename2,
  LSEEK: file.lseek,
};

/** Indexed by opcode. */
const TABLE: readonly (RequestHandler | undefined)[] = Object.entries(OPCODE).reduce<(RequestHandler | undefined)[]>(
  (table, [name, code]) => {
    table[code] = HANDLERS[name as OpcodeName];
    return table;
  },
  [],
);

/** The handler of a request; ENOSYS for what we do not know. */
export function handlerOf(opcode: number): RequestHandler {
  return TABLE[opcode] ?? neverAsk;
}
