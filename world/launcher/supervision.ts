/**
 * The last step of every launcher: installs the seccomp filter and joins the world.
 */
import { closeSync } from 'node:fs';
import { duplicateOnto, pipe } from '../../host/files/descriptors.ts';
import { errorText, NR } from '../../host/libc.ts';
import { allocateNative } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { installFilter } from '../../host/seccomp/seccomp.ts';
import { ERRNO } from '../../linux/errno.ts';
import { POLLIN } from '../../linux/poll.ts';
import { WorldError } from '../errors.ts';
import type { BlockingChannel } from '../protocol/blocking-channel.ts';
import type { BootedReply } from '../protocol/messages.ts';
import { PATIENCE_MS } from './patience.ts';
import { nestedError } from './requirements.ts';

/** Where tpm2-tools look for the TPM. */
const TPM_VARIABLE = 'TPM2TOOLS_TCTI';

/**
 * Installs the filter and waits until the daemon supervises this process.
 *
 * From then on, until the daemon has the listener, a notified call of ours would block forever, and write(2), read(2)
 * may be such calls. So the daemon is told before which number the listener will have, and learns by the end of a pipe
 * that it is there: the listener takes the place of the writing end.
 * @param devices that this launcher has mounted for the world, see JoinRequest.
 */
export function joinWorld(
  channel: BlockingChannel,
  { filter, tpm }: BootedReply,
  devices: readonly string[] = [],
): void {
  if (filter === undefined) channel.send({ kind: 'join', devices });
  else joinSupervised(channel, filter, devices);
  channel.receive('joined');
  if (tpm !== undefined) process.env[TPM_VARIABLE] = `swtpm:path=${tpm}`;
}

function joinSupervised(channel: BlockingChannel, filter: string, devices: readonly string[]): void {
  const ends = pipe();
  if (typeof ends === 'number')
    throw new WorldError('unsupported-host', `A pipe cannot be made: ${errorText(ends)}.`, 'See ulimit -n.');
  const [installed, listener] = ends;
  try {
    channel.send({ kind: 'join', devices, listener, installed });
    superviseThisThread(Buffer.from(filter, 'base64'), listener);
    awaitReply(channel.fd);
  } finally {
    for (const end of ends) closeSync(end);
  }
}

/** @param number that the listener gets. */
function superviseThisThread(filter: Uint8Array, number: number): void {
  const installed = installFilter(filter);
  if (typeof installed !== 'number') {
    duplicateOnto(installed.listener, number);
    closeSync(installed.listener);
    return;
  }
  if (installed === -ERRNO.EBUSY) throw nestedError();
  throw new WorldError(
    'unsupported-host',
    `The seccomp supervisor cannot be set up: ${errorText(installed)}.`,
    'It needs Linux 5.6 and permission for seccomp(2); try --no-seccomp.',
  );
}

/** struct pollfd { int fd; short events; short revents; }: until the daemon has answered or ended, by a call that is never notified. */
function awaitReply(fd: number): void {
  const memory = allocateNative(8 + 16);
  memory.view.setInt32(0, fd, true);
  memory.view.setInt16(4, POLLIN, true);
  memory.view.setBigInt64(8, BigInt(Math.ceil(PATIENCE_MS / 1000)), true); // struct timespec
  while (rawSyscall(NR.ppoll, memory.address, 1, memory.address + 8, 0, 0) === -ERRNO.EINTR);
}
