import type { Tid } from '../../../../linux/ids.ts';
import type { OpenFile } from '../../../../lsm/framework/access/file-access.ts';
import { completed } from './default-context.ts';
import { DONE, ofCaller } from './question.ts';

interface Inherited {
  readonly tid: Tid;
  readonly open: readonly OpenFile[];
}

/** What the program that a thread is about to execute inherits. */
export const inherit = ofCaller(({ backend }, { open }: Inherited, caller) => {
  backend.inherits(
    open.map((opened) => ({ ...opened, file: completed(backend, opened.file, caller) })),
    caller,
  );
  return DONE;
});
