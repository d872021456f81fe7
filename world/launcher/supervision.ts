/**
 * The last step of every launcher: installs the seccomp filter and joins the world.
 */
import { closeSync } from 'node:fs';
import { errorText } from '../../host/libc.ts';
import { installFilter } from '../../host/seccomp/seccomp.ts';
import { ERRNO } from '../../linux/errno.ts';
import { WorldError } from '../errors.ts';
import type { BlockingChannel } from '../protocol/blocking-channel.ts';
import type { BootedReply } from '../protocol/messages.ts';
import { nestedError } from './requirements.ts';

/** Where tpm2-tools look for the TPM. */
const TPM_VARIABLE = 'TPM2TOOLS_TCTI';

/**
 * Installs the filter and waits until the daemon supervises this process.
 * @param devices that this launcher has mounted for the world, see JoinRequest.
 */
export function joinWorld(
  channel: BlockingChannel,
  { filter, tpm }: BootedReply,
  devices: readonly string[] = [],
): void {
  const listener = filter === undefined ? undefined : superviseThisThread(Buffer.from(filter, 'base64'));
  try {
    channel.send({ kind: 'join', devices, ...(listener === undefined ? {} : { listener }) });
    channel.receive('joined');
    if (tpm !== undefined) process.env[TPM_VARIABLE] = `swtpm:path=${tpm}`;
  } finally {
    // Until the daemon reads the listener, a notified system call of ours would block forever.
    if (listener !== undefined) closeSync(listener);
  }
}

function superviseThisThread(filter: Uint8Array): number {
  const installed = installFilter(filter);
  if (typeof installed !== 'number') return installed.listener;
  if (installed === -ERRNO.EBUSY) throw nestedError();
  throw new WorldError(
    'unsupported-host',
    `The seccomp supervisor cannot be set up: ${errorText(installed)}.`,
    'It needs Linux 5.6 and permission for seccomp(2); try --no-seccomp.',
  );
}
