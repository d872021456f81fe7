/**
 * Sends a signal with the number and the user of another process as its sender: rt_sigqueueinfo(2), by a descriptor of the process. The
 * kernel lets nobody say SI_USER of another, so `si_code` is SI_QUEUE.
 */
import { closeSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import { SI_QUEUE, SIGINFO_SIZE } from '../../linux/signal.ts';
import { systemCall } from '../libc.ts';
import { openProcess } from './process.ts';

const rawSend = systemCall('pidfd_send_signal', ['int', 'int', 'void *', 'uint']);

/** siginfo_t */
const CODE = 8;
const PID = 16;
const UID = 20;

/**
 * @param process a first thread. @param isMeant is it still whom this is meant for, now that its number stays its own?
 * @returns 0 or a negative errno.
 */
export function sendSignalOf(
  sender: { readonly pid: number; readonly uid: number },
  process: Tid,
  signal: number,
  isMeant: () => boolean,
): number {
  const pidfd = openProcess(process);
  if (pidfd < 0) return pidfd;
  const info = new DataView(new ArrayBuffer(SIGINFO_SIZE));
  info.setInt32(0, signal, true);
  info.setInt32(CODE, SI_QUEUE, true);
  info.setInt32(PID, sender.pid, true);
  info.setUint32(UID, sender.uid, true);
  const sent = isMeant() ? rawSend(pidfd, signal, new Uint8Array(info.buffer), 0) : -ERRNO.ESRCH;
  closeSync(pidfd);
  return sent;
}
