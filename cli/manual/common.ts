/** What holds for all commands: exit statuses, variables and files. */
import type { Entry } from './command-facts.ts';

export const EXIT_STATUSES: readonly Entry[] = [
  { term: '0', about: 'Success. `run` and `exec` exit with the status of their command.' },
  {
    term: '1',
    about: 'The answer is no: `why` found a denial, `doctor` a missing requirement, `ima --verify` a wrong digest.',
  },
  { term: '123', about: 'The command of `run` succeeded, and --fail-on does not accept its refusals.' },
  { term: '125', about: 'lsmfs itself failed. Standard error names the cause and a remedy.' },
  { term: '126', about: 'The command of `run` or `exec` cannot be executed.' },
  { term: '127', about: 'The command of `run` or `exec` was not found.' },
];

export const VARIABLES: readonly Entry[] = [
  { term: 'LSMFS_POLICY', about: 'Default of --policy.' },
  { term: 'LSMFS_CONTEXT', about: 'Default of --context.' },
  {
    term: 'LSMFS_STATE_DIR',
    about: 'Directory for the state of worlds. lsmfs makes it when it is missing.',
  },
  { term: 'LSMFS_WORLD', about: 'Set by lsmfs in a world: the name of the world.' },
  {
    term: 'LSMFS_STANDBY',
    about:
      'off: `lsmfs run` leaves no world on standby for the next run. on: it does so also where CI=true is in the environment.',
  },
  {
    term: 'LSMFS_FAST_PATH',
    about:
      'on (default), off (the handlers answer each call) or verify (the handlers check each answer of the fast path). For debugging.',
  },
  { term: 'LSMFS_DEBUG', about: 'If set, an internal error is shown with its stack trace.' },
  { term: 'GITHUB_ACTIONS', about: 'If true, `run` writes annotations and a step summary. See --no-report.' },
  { term: 'NO_COLOR', about: 'If set, `doctor` prints no colours.' },
];

export const FILES: readonly Entry[] = [
  { term: '/run/lsmfs', about: 'State of the worlds of root.' },
  {
    term: '$XDG_RUNTIME_DIR/lsmfs',
    about: 'State of the worlds of another user. Without that variable: /tmp/lsmfs-UID.',
  },
  { term: '/etc/selinux/config', about: 'Names the SELinux policy that `--policy=auto` loads.' },
];
