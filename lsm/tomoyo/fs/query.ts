/**
 * One open of `query`: each read shows the next question, with a NUL at its end; after the last one there is nothing,
 * then the first again.
 *
 * Model: tomoyo_read_query(), tomoyo_poll_query() and tomoyo_write_answer() of Linux 6.12. Answers are lines of a manager.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { opensForReading } from '../../../linux/fcntl.ts';
import { POLLIN, POLLOUT } from '../../../linux/poll.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import type { QueryBoard } from '../decide/queries.ts';
import type { TomoyoSecurity } from '../decide/security.ts';
import { unsigned } from '../policy/profile.ts';
import { controlHandle } from './control.ts';

export function queryHandle(security: TomoyoSecurity, board: QueryBoard, flags: number): Handle {
  board.enter();
  let index = 0;
  let rest = bytesOf('');
  let stopWaiting = (): void => undefined;
  const read = (length: number): Uint8Array => {
    if (rest.length === 0) {
      const query = board.open[index];
      index = query === undefined ? 0 : index + 1;
      if (query !== undefined) rest = bytesOf(`Q${query.serial}-${query.question.retry}\n${query.question.text}\0`);
    }
    const part = rest.subarray(0, length);
    rest = rest.subarray(part.length);
    return part;
  };
  const answer = (line: string): boolean => {
    board.heard();
    const [, serial, number] = /^A\s*(\d+)=\s*(\d+)/.exec(line) ?? [];
    if (serial === undefined || number === undefined) return false;
    board.answer(unsigned(serial), unsigned(number));
    return true;
  };
  const poll = (wake: () => void): number => {
    stopWaiting();
    if (board.open.length > 0) return POLLIN | POLLOUT;
    const end = board.wait(wake);
    stopWaiting = () => void end();
    return POLLOUT;
  };
  const { write } = controlHandle(security, { read: () => '', write: answer }, flags);
  return {
    writeMovesPosition: false,
    ...(opensForReading(flags) && { read, poll }),
    ...(write && { write }),
    release: () => {
      stopWaiting();
      board.leave();
    },
  };
}
