/**
 * /proc/<pid>/stat: one line of fields (proc_pid_stat(5)). The second, the command's name, may hold anything but ends
 * at the last parenthesis.
 */

/** Numbers of fields, counted from 1. */
export const STAT = {
  state: 3,
  parent: 4,
  group: 5,
  session: 6,
  terminal: 7,
  /** PF_* */
  flags: 9,
  nice: 19,
  /** In clock ticks since boot: with the id it names one process for ever. */
  startTime: 22,
  /** SCHED_* */
  policy: 41,
} as const;

/** `undefined` when the text is cut before it, or is no such line. */
export function statField(text: string, number: (typeof STAT)[keyof typeof STAT]): string | undefined {
  const end = text.lastIndexOf(')');
  return end < 0 ? undefined : text.slice(end + 2).split(' ')[number - STAT.state];
}
