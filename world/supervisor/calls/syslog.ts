/** syslog(2): the log of the emulated kernel. */
import { bytesOf } from '../../../linux/bytes.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Handler } from '../context.ts';
import { always } from './supervised-call.ts';

const { EAGAIN, EFAULT, EIO } = ERRNO;

/** syslog(action, buffer, length) */
const syslog: Handler = (context) => {
  const { call, memory } = context;
  const request = { action: call.int(0), buffer: !call.isNull(1), length: call.int(2) };
  const answer = context.ask({ kind: 'syslog', tid: call.tid, request });
  const errno = answer?.errno ?? EIO;
  const data = answer?.value?.data;
  if (errno === EAGAIN) {
    const read = { tid: call.tid, id: call.id, request, low: call.low(1), high: call.high(1) };
    if (context.ask({ kind: 'syslog-wait', ...read })?.errno === 0) call.leave();
    else call.fail(EIO);
  } else if (errno !== 0) call.fail(errno);
  else if (data !== undefined && !memory.write(call.tid, call.low(1), call.high(1), bytesOf(data))) {
    call.fail(EFAULT);
  } else call.succeed(answer?.value?.value ?? 0);
};

export const calls = always('syslog', { syslog });
