/** Which requests write: they may change the tree, or the state that it shows, unless all that is written is a question. */
import { OPCODE } from '../protocol/opcodes.ts';
import type { FuseRequest } from '../protocol/request.ts';
import { WRITE_IN } from '../protocol/structs.ts';
import type { FuseSession } from './session.ts';

const WRITES: ReadonlySet<number> = new Set([
  OPCODE.WRITE,
  OPCODE.IOCTL,
  OPCODE.SETATTR,
  OPCODE.SYMLINK,
  OPCODE.MKNOD,
  OPCODE.MKDIR,
  OPCODE.UNLINK,
  OPCODE.RMDIR,
  OPCODE.RENAME,
  OPCODE.RENAME2,
  OPCODE.LINK,
  OPCODE.CREATE,
  OPCODE.SETXATTR,
  OPCODE.REMOVEXATTR,
]);

export const isWrite = (opcode: number): boolean => WRITES.has(opcode);

/** Is it a write that changes nothing but what its own open file answers (Handle.writeAsks)? */
export function isQuestion({ files }: Pick<FuseSession, 'files'>, request: FuseRequest): boolean {
  return request.opcode === OPCODE.WRITE && files.file(request.fileHandle(WRITE_IN.at.fh))?.handle.writeAsks === true;
}
