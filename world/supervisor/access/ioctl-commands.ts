/** Commands of ioctl(2) of which more is asked than the permission to give them. */
import { USERFAULTFD_IOC_NEW } from '../../../linux/ioctl.ts';
import { PRIVILEGED_COMMANDS } from './ioctl-capabilities.ts';
import { OF_TUN } from './tun-interface.ts';

export const asksMore = (command: number): boolean =>
  PRIVILEGED_COMMANDS.has(command) || command === USERFAULTFD_IOC_NEW || OF_TUN.has(command);
