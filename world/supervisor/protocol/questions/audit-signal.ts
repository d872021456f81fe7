import type { Tid } from '../../../../linux/ids.ts';
import type { SignalReceivers } from '../backend.ts';
import { DONE, ofCaller } from './question.ts';

/** A signal that SIGNAL_INFO tells of, if an audit daemon gets it. */
export const auditSignal = ofCaller(
  ({ backend }, { to }: { readonly tid: Tid; readonly to: SignalReceivers }, caller) => {
    backend.audit.signalled(to, caller);
    return DONE;
  },
);
