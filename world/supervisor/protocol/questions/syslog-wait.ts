import type { WaitingRead } from '../../pending/late-answers.ts';
import { type Answerer, DONE } from './question.ts';

/** A blocking read of the log; `late` answers it. */
export function syslogWait({ late }: Answerer, read: WaitingRead) {
  late.add(read);
  return DONE;
}
