/**
 * security_bounded_transition() on SIDs: threads, no_new_privs and nosuid let a task only give up rights.
 */
import { AUDIT } from '../../../linux/audit.ts';
import type { Sid } from '../policy/index.ts';
import { boundedTransition } from './index.ts';
import type { SelinuxState } from './state.ts';

/** The new type is the old one or bounded by it. @param recorded write an audit record when it is not. */
export function transitionIsBounded(state: SelinuxState, oldSid: Sid, newSid: Sid, recorded: boolean): boolean {
  const { loaded } = state;
  if (loaded === undefined) return true;
  const oldContext = loaded.sids.context(oldSid);
  const newContext = loaded.sids.context(newSid);
  if (oldContext === undefined || newContext === undefined) return false;
  if (boundedTransition(loaded.state.db, oldContext, newContext)) return true;
  if (recorded) {
    const [before, after] = [oldSid, newSid].map((sid) => state.sidToContext(sid));
    state.log.audit(
      AUDIT.SELINUX_ERR,
      `op=security_bounded_transition seresult=denied oldcontext=${before} newcontext=${after}`,
    );
  }
  return false;
}
