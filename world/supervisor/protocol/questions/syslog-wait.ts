import type { WaitingRead } from '../../pending/late-answers.ts';
import { type Answerer, DONE } from './question.ts';

/** A read of the log that waits; `late` answers it. */
export function syslogWait({ late }: Answerer, read: WaitingRead) {
  late.add(read);
  return DONE;
}
