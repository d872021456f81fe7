/**
 * What ioctl(2) asks the modules: fs/ioctl.c, Linux 6.12, where the hook comes right after the descriptor was found.
 */
import { IOCTL_OF_FILE } from '../../../linux/ioctl.ts';
import { onOpenFile } from '../access/calls.ts';
import type { Handler } from '../context.ts';
import { always } from './supervised-call.ts';

/** (descriptor, command, argument) */
const ioctl: Handler = (context) => {
  const command = context.call.low(1);
  if (IOCTL_OF_FILE.FREE.has(command)) return;
  onOpenFile(context, context.call.fd(0), (opened) => [{ hook: 'fileIoctl', about: { ...opened, command } }], true);
};

export const calls = always('mediate-ioctl', { ioctl });
