import type { Tid } from '../../../../linux/ids.ts';
import type { SyslogRequest } from '../../../kernel-files/kmsg/syslog.ts';
import { answerOf, ofCaller } from './question.ts';

interface SyslogCall {
  readonly tid: Tid;
  readonly request: SyslogRequest;
}

/** syslog(2). EAGAIN = there is nothing to read yet. */
export const syslog = ofCaller(({ backend }, { request }: SyslogCall, caller) =>
  answerOf(backend.syslog(request, caller)),
);
