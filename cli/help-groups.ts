/** In which group the help shows an option, for commands with many. The first group is what most runs need. */
import { type Command, Option } from 'commander';

/** Groups come in the order in which the command declares its options. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'What most runs need:': ['lsm', 'policy', 'enforcing', 'report'],
  'Modules and policies:': [
    ...['security', 'profile', 'profiles', 'build', 'param', 'allow-unimplemented'],
    ...['context', 'host-policy', 'file-contexts'],
  ],
  'What modules decide about:': ['mediate', 'mediate-log-only', 'no-mediation', 'audit-calls'],
  'Keys and measurements:': [
    ...['ima-key', 'evm-key', 'trusted-key', 'machine-key', 'platform-key', 'ima-blacklist-key', 'blacklist'],
    ...['evm-hmac-key', 'tpm', 'tpm-banks', 'tpm-pcrs'],
  ],
  'Results:': ['fail-on', 'no-report', 'log-file', 'json-status-fd', 'json'],
  'The world:': [
    'name',
    'no-standby',
    'off',
    'detach',
    'output',
    'end-with-command',
    'time',
    'count',
    'no-seccomp',
    'transport',
    'labels',
    'world',
    'tree',
  ],
};
const OF_OPTION: ReadonlyMap<string, string> = new Map(
  Object.entries(GROUPS).flatMap(([heading, names]) => names.map((name) => [`--${name}`, heading] as const)),
);

/** To be called when the command has all of its options. */
export function groupOptions(command: Command): Command {
  for (const option of command.options) {
    const heading = OF_OPTION.get(option.long ?? '');
    if (heading !== undefined) option.helpGroup(heading);
  }
  return command.addHelpOption(new Option('-h, --help', 'display help for command').helpGroup('Help:'));
}
