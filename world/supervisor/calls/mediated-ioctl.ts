/**
 * What ioctl(2) asks the modules: fs/ioctl.c, Linux 6.12, where the hook comes right after the descriptor was found. What
 * a device or command asks itself follows.
 */
import { FIBMAP, IOCTL_OF_FILE, NETWORK_CHANGES, USERFAULTFD_IOC_NEW } from '../../../linux/ioctl.ts';
import { onOpenFile } from '../access/calls.ts';
import { ioctlCapabilities } from '../access/ioctl-capabilities.ts';
import { OF_TUN, tunCall } from '../access/tun-interface.ts';
import { userfaultCall } from '../access/userfault-device.ts';
import type { Handler } from '../context.ts';
import { always } from './supervised-call.ts';

const MORE: ReadonlySet<number> = new Set([FIBMAP, USERFAULTFD_IOC_NEW]);

/** (descriptor, command, argument) */
const ioctl: Handler = (context) => {
  const command = context.call.low(1);
  if (IOCTL_OF_FILE.FREE.has(command)) return;
  // Of the others only the file is asked about.
  const asksMore = MORE.has(command) || NETWORK_CHANGES.has(command) || OF_TUN.has(command);
  let opens: string | undefined;
  onOpenFile(
    context,
    context.call.fd(0),
    (opened, file) => {
      const tun = file === undefined ? undefined : tunCall(context, command, file);
      opens = tun?.opens;
      return [
        { hook: 'fileIoctl', about: { ...opened, command } },
        ...ioctlCapabilities(context, command, opened),
        ...(tun?.checks ?? []),
        ...(file === undefined ? [] : userfaultCall(context, command, file)),
      ];
    },
    !asksMore,
  );
  if (opens !== undefined && !context.call.answered)
    context.ask({ kind: 'maker-note', tid: context.call.tid, object: opens });
};

export const calls = always('mediate-ioctl', { ioctl });
