/**
 * /proc/<pid>/stat: one line of fields (proc_pid_stat(5)). The second, the command's name, may hold anything but ends
 * at the last parenthesis.
 */
import { TTY_MAJOR, UNIX98_PTY_SLAVE_MAJOR, UNIX98_PTY_SLAVE_MAJOR_LAST } from '../../linux/devices.ts';

/** Numbers of fields, counted from 1. */
export const STAT = {
  state: 3,
  parent: 4,
  group: 5,
  session: 6,
  terminal: 7,
  /** PF_* */
  flags: 9,
  /** In clock ticks. */
  userTime: 14,
  systemTime: 15,
  nice: 19,
  /** In clock ticks since boot: with the id it names one process for ever. */
  startTime: 22,
  /** SCHED_* */
  policy: 41,
  /** An address; 0 for those who may not look into it, and while a program is being executed. */
  argumentsEnd: 49,
} as const;

/** `undefined` when the text is cut before it, or is no such line. */
export function statField(text: string, number: (typeof STAT)[keyof typeof STAT]): string | undefined {
  const end = text.lastIndexOf(')');
  return end < 0 ? undefined : text.slice(end + 2).split(' ')[number - STAT.state];
}

/**
 * tty_name() of the controlling terminal: `pts0`, `tty1`, `ttyS0`; `(none)`. The number in the field has its minor in
 * bits 31-20 and 7-0, its major in 19-8.
 */
export function terminalName(text: string): string {
  const device = Number(statField(text, STAT.terminal) ?? 0);
  const major = (device >>> 8) & 0xfff;
  const minor = ((device >>> 12) & 0xfff00) | (device & 0xff);
  if (device === 0) return '(none)';
  if (major >= UNIX98_PTY_SLAVE_MAJOR && major <= UNIX98_PTY_SLAVE_MAJOR_LAST) {
    return `pts${(major - UNIX98_PTY_SLAVE_MAJOR) * 256 + minor}`;
  }
  if (major === TTY_MAJOR) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return '(none)';
}
