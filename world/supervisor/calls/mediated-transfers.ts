/**
 * What moves content between open files, and fallocate(2), ask the modules: rw_verify_area() of fs/read_write.c, Linux
 * 6.12. A kernel asks only after a label or the policy has changed; here each of these calls is asked about, but not
 * read(2) and write(2), which would cost too much.
 */
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { onOpenFile } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

function uses(context: WorkerContext, descriptor: CallerFd, mask: number): void {
  if (context.call.answered) return;
  onOpenFile(context, descriptor, (opened) => [{ hook: 'filePermission', about: { ...opened, mask } }]);
}

/** (descriptor, mode, offset, length) */
const fallocate: Handler = (context) => uses(context, context.call.fd(0), MAY_WRITE);
/** (to, from, offset, count) */
const sendfile: Handler = (context) => {
  uses(context, context.call.fd(1), MAY_READ);
  uses(context, context.call.fd(0), MAY_WRITE);
};
/** (from, offset, to, offset, count, flags) */
const copy_file_range: Handler = (context) => {
  const { call, view } = context;
  const [from, to] = [call.fd(0), call.fd(2)].map((descriptor) => view.identityOf(call.tid, descriptor));
  if (from?.major !== to?.major || from?.minor !== to?.minor) return; // EXDEV
  uses(context, call.fd(0), MAY_READ);
  uses(context, call.fd(2), MAY_WRITE);
};

export const calls = always('mediate-files', { fallocate, sendfile, copy_file_range });
