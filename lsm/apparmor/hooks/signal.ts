/**
 * May one task send another a signal? aa_may_signal() of security/apparmor/ipc.c, Linux 6.12: the sender's rules about
 * sending to the other's label, and the other's about receiving from the sender's.
 */

import type { Errno } from '../../../linux/errno.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { Task } from '../../framework/task.ts';
import { signalRecord } from '../decide/audit.ts';
import { checkPermissions, peerPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { SIGNALS } from '../policy/features.ts';
import type { Label, Profile } from '../policy/index.ts';

const CLASS_SIGNAL = 10;
const SEND = 0x2;
const RECEIVE = 0x4;
const NAMES = SIGNALS.split(' ');
/** What stands for signal 0 in rules. */
const EXISTS = 35;
const FIRST_REAL_TIME = 32;
/** What stands for the first real-time signal. */
const REAL_TIME = 128;
/** On the supported machines rules have the kernel's own numbers for these. */
const LAST_NAMED = 31;

export function refuseSignal(
  security: ApparmorSecurity,
  sender: Task,
  target: Task,
  signal: number,
  subject: ActingTask,
): Errno | undefined {
  const labelOf = (task: Task): Label => security.labels(task).label.newest();
  const [from, to] = [labelOf(sender), labelOf(target)];
  const number = signalNumber(signal);
  const ask = (profile: Profile, peer: Label, asked: number): Errno | undefined => {
    if (profile.unconfined || profile.rules.policy?.mediates(CLASS_SIGNAL) !== true) return undefined;
    const permissions = peerPermissions(profile, Uint8Array.of(CLASS_SIGNAL, number), peer, asked);
    const { error, record } = checkPermissions(permissions, asked);
    if (record !== undefined) security.audit(signalRecord(record, profile, signalName(number), peer, subject));
    return error;
  };
  const errors = [
    ...from.profiles.map((profile) => ask(profile, to, SEND)),
    ...to.profiles.map((profile) => ask(profile, from, RECEIVE)),
  ];
  return errors.findLast((error) => error !== undefined);
}

/** map_signal_num() */
function signalNumber(signal: number): number {
  if (signal === 0) return EXISTS;
  if (signal >= FIRST_REAL_TIME) return signal - FIRST_REAL_TIME + REAL_TIME;
  return signal <= LAST_NAMED ? signal : 0;
}

function signalName(number: number): string {
  if (number >= REAL_TIME) return `rtmin+${number - REAL_TIME}`;
  return number === EXISTS ? 'exists' : (NAMES[number - 1] ?? 'unknown');
}
