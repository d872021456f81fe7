import type { Tid } from '../../../../linux/ids.ts';
import type { OpenFile } from '../../../../lsm/framework/access/file-access.ts';
import type { OpenDescriptor } from '../../../../lsm/framework/files/open-descriptor.ts';
import { completed } from './default-context.ts';
import { type Answering, type ErrnoAnswer, ofCaller } from './question.ts';

interface Inherited {
  readonly tid: Tid;
  readonly open: readonly OpenFile[];
}

interface InheritAnswer extends ErrnoAnswer {
  /** To be closed if the program runs. */
  readonly closed?: readonly OpenDescriptor[];
}

/** What the program that a thread is about to execute inherits. */
export const inherit: Answering<Inherited, InheritAnswer> = ofCaller(({ backend }, { open }: Inherited, caller) => {
  const closed = backend.inherits(
    open.map((opened) => ({ ...opened, file: completed(backend, opened.file, caller) })),
    caller,
  );
  return { errno: 0, ...(closed.length > 0 && { closed }) };
});
