import { expect, it } from 'vitest';
import { TextFile, TransactionFile } from '../../vfs/pseudo/index.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { FileNode } from '../../vfs/tree/node.ts';
import { open } from '../../vfs/tree/operations.ts';
import { OPCODE } from '../protocol/opcodes.ts';
import { FuseRequest } from '../protocol/request.ts';
import { IN_HEADER, WRITE_IN } from '../protocol/structs.ts';
import { OpenFile, OpenFiles } from './open-files.ts';
import { isQuestion, isWrite } from './writes.ts';

const INIT = { ino: 2, mode: 0o666 };

it('a question of a transaction is the only write that changes nothing', () => {
  const files = new OpenFiles();
  const opened = (node: FileNode): bigint => {
    const handle = open(node, 2, KERNEL_CALLER);
    if (!('writeMovesPosition' in handle)) throw new Error('not open');
    return BigInt(files.add(new OpenFile(node, handle)));
  };
  const asks = (opcode: number, fh: bigint): boolean => {
    const bytes = Buffer.alloc(IN_HEADER.size + WRITE_IN.size);
    bytes.writeUInt32LE(bytes.length, IN_HEADER.at.len);
    bytes.writeUInt32LE(opcode, IN_HEADER.at.opcode);
    bytes.writeBigUInt64LE(fh, IN_HEADER.size + WRITE_IN.at.fh);
    const request = new FuseRequest(bytes);
    expect(request.accept(bytes.length)).toBe(true);
    return isQuestion({ files }, request);
  };
  const question = opened(new TransactionFile(INIT, { answer: () => '' }));
  const text = opened(new TextFile(INIT, () => ''));
  expect([asks(OPCODE.WRITE, question), asks(OPCODE.WRITE, text), asks(OPCODE.WRITE, 99n)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(asks(OPCODE.SETATTR, question)).toBe(false);
  expect([OPCODE.WRITE, OPCODE.RENAME, OPCODE.OPEN, OPCODE.READ].map(isWrite)).toEqual([true, true, false, false]);
});
