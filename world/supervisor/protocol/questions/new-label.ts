import { E } from '../../../../linux/errno.ts';
import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import type { InodeClass, NewSecurity } from '../../../../lsm/framework/files/inode.ts';
import { completed, withDefaultContext } from './default-context.ts';
import { type Answer, errnoAnswer, upToDate } from './question.ts';

/** The file is the directory. */
interface NewLabel extends FileFacts {
  readonly tid: Tid;
  readonly class: InodeClass;
  readonly name: string;
  readonly byKernel?: boolean;
}

/**
 * The attributes to be stored with a new file of this class and name in the directory (inode_init_security). Asked for
 * every file that is made, so the caller's credentials are not read.
 */
export const newLabel = upToDate(({ backend }, question: NewLabel): Answer<NewSecurity> => {
  const { path, name, byKernel = false } = question;
  const task = backend.task(question.tid);
  if (task === undefined) return errnoAnswer(E.ESRCH);
  const place = `${path.replace(/\/$/, '')}/${name}`;
  const made = withDefaultContext(backend, { class: question.class, name, byKernel }, place, task);
  return { errno: 0, value: backend.files.initSecurity(completed(backend, question, task).inode, made, task) };
});
