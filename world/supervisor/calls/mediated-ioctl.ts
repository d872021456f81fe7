/**
 * What ioctl(2) asks the modules: fs/ioctl.c, Linux 6.12, where the hook comes right after the descriptor was found. What
 * a device or command asks itself follows; that is all where no module has the hook.
 */
import { IOCTL_OF_FILE, TUNSETIFF } from '../../../linux/ioctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import { onOpenFile } from '../access/calls.ts';
import { ioctlCapabilities, PRIVILEGED_COMMANDS } from '../access/ioctl-capabilities.ts';
import { asksMore } from '../access/ioctl-commands.ts';
import { type TunCall, tunCall } from '../access/tun-interface.ts';
import { userfaultCall } from '../access/userfault-device.ts';
import type { Handler } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** (descriptor, command, argument) */
const ioctl: Handler = (context) => {
  const command = context.call.low(1);
  if (IOCTL_OF_FILE.FREE.has(command)) return;
  const ofFile = context.mediator?.families.has('ioctl') === true;
  let opens: string | undefined;
  const checks = (opened: OpenFile, file?: number): AccessCheck[] => {
    const tun: TunCall = file === undefined ? { checks: [] } : tunCall(context, command, file);
    const privileges = ioctlCapabilities(context, command, opened.file, file);
    if (!ofFile) return [...privileges, ...tun.checks.filter(({ hook }) => hook === 'capable')];
    opens = tun.opens;
    return [
      { hook: 'fileIoctl', about: { ...opened, command } },
      ...privileges,
      ...tun.checks,
      ...(file === undefined ? [] : userfaultCall(context, command, file)),
    ];
  };
  onOpenFile(context, context.call.fd(0), checks, !asksMore(command));
  if (opens !== undefined && !context.call.answered)
    context.ask({ kind: 'maker-note', tid: context.call.tid, object: opens });
};

export const calls: readonly SupervisedCall[] = [
  ...always('mediate-ioctl', { ioctl }),
  ...[...PRIVILEGED_COMMANDS, TUNSETIFF].map(
    (command): SupervisedCall => ({
      name: 'ioctl',
      when: 'mediate-capabilities',
      rule: [{ argument: 1, is: command }],
      handle: ioctl,
    }),
  ),
];
