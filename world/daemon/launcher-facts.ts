/** What a launcher in another language asks the daemon for (launcher/launch.pl): facts that are in TypeScript already. */
import { fileURLToPath } from 'node:url';
import { NR } from '../../host/libc.ts';
import type { BootedReply } from '../protocol/messages.ts';

export function launcherFacts(): Pick<BootedReply, 'calls' | 'bin'> {
  const { close, dup3, ppoll, seccomp, setns } = NR;
  return { calls: { close, dup3, ppoll, seccomp, setns }, bin: fileURLToPath(new URL('../bin', import.meta.url)) };
}
