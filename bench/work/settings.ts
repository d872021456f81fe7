/** Where work is done: outside, behind the C program that lets everything go on, and in worlds of several kinds. */

export interface Setting {
  readonly name: string;
  /** Options of `lsmfs run`; absent = outside. */
  readonly run?: readonly string[];
  /** What the shell that works is put behind, within the world if there is one. */
  readonly behind?: readonly string[];
  /** Before the work, inside. */
  readonly before?: string;
  /** That the work is done in one world, one after the other; the first is what counts as the setting's. */
  readonly times?: number;
}

const ENFORCED = 'load_policy; echo 1 > /sys/fs/selinux/enforce';
const PROFILED = 'apparmor_parser -qKr $M/profile';

export const OUTSIDE: Setting = { name: 'outside' };
/** The least that a supervisor can cost: go-on.c, with the filter of a world of these options. */
export const FLOOR = 'let go on by a C program';
export const FILTERED = ['--lsm=selinux'];
/** Of worlds; default options unless the name says otherwise. Debian's policy, or a loaded profile that refuses nothing. */
export const WORLDS: readonly Setting[] = [
  { name: 'not mediated', run: ['--lsm=selinux', '--no-mediation'], before: ENFORCED },
  { name: 'enforcing', run: ['--lsm=selinux'], before: ENFORCED, times: 5 },
  { name: 'apparmor, unconfined', run: ['--lsm=apparmor'], before: PROFILED },
  { name: 'apparmor, confined', run: ['--lsm=apparmor'], before: PROFILED, behind: ['aa-exec', '-p', 'bench', '--'] },
];
