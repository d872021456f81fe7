/** `lsmfs standby`: boots worlds before there are commands for them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { endStandbys, startStandby } from '../../world/index.ts';
import { groupOptions } from '../help-groups.ts';
import { tellLeftAlone } from '../left-alone.ts';
import { addMediationOptions, type MediationFlags, mediationOptions } from '../mediation-options.ts';
import {
  addContextOption,
  addFileContextsOption,
  addStackOptions,
  contextOf,
  type StackFlags,
  stackOptions,
} from '../options.ts';
import { print } from '../output.ts';
import { Progress } from '../progress.ts';

interface StandbyFlags extends StackFlags, MediationFlags {
  readonly fileContexts?: string;
  readonly context: string;
  readonly auditCalls?: boolean;
  readonly time: number;
  readonly count: number;
  /** By a `run`, for the next one. */
  readonly left?: boolean;
  readonly off?: boolean;
}

const EXAMPLES = `
Examples:
  lsmfs standby; lsmfs run -- getenforce             the world is there when the command comes
  lsmfs standby --count=10 --policy=FILE             then, ten times: lsmfs run --policy=FILE -- ./one-test
  lsmfs stop $(lsmfs standby)

\`lsmfs run\` takes one by itself when its options are the same and nothing that a world takes over from its starter has changed (user,
namespaces, mounts, limits, PATH, files that options name). With --name, --no-seccomp or --log-file, and in all other cases, it makes
a world as always. One that nobody takes ends by itself; \`lsmfs ps\` shows it until then. The kernel that it emulates has booted when
it was started. \`lsmfs run\` leaves one by itself for the next run with the same options, which waits ten minutes: not with --no-standby,
with LSMFS_STANDBY=off in the environment, or with CI=true there and no LSMFS_STANDBY=on. Without CAP_SYS_ADMIN there is none: each world of a user has a user namespace of its own.`;

function parseWithin(lowest: number, highest: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^[0-9]{1,6}$/.test(text) || value < lowest || value > highest)
      throw new InvalidArgumentError(`it must be a number from ${lowest} to ${highest}.`);
    return value;
  };
}

export function addStandby(program: Command): void {
  const command = addContextOption(
    addFileContextsOption(addMediationOptions(addStackOptions(program.command('standby'), 'auto'))),
  )
    .description('start worlds that the next `lsmfs run` with the same options takes; prints their names')
    .option('--time <seconds>', 'how long each waits for a command', parseWithin(1, 86_400), 600)
    .option('--count <number>', 'how many to start', parseWithin(1, 100), 1)
    .option('--audit-calls', 'let audit rules see calls on files, processes and users that no module decides about')
    .option('--off', 'end those that wait, also those that `lsmfs run` has left, and print their names')
    .addOption(new Option('--left').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: StandbyFlags) => {
      await tellLeftAlone();
      if (flags.off === true) return print((await endStandbys()).map((name) => `${name}\n`).join(''));
      const progress = new Progress();
      for (let started = 0; started < flags.count; started++) {
        progress.show(`${started} of ${flags.count} worlds`);
        const name = await startStandby({
          ...stackOptions(flags),
          ...contextOf(flags.context),
          ...mediationOptions(flags),
          ...(flags.auditCalls === undefined ? {} : { auditCalls: flags.auditCalls }),
          transport: flags.transport,
          seconds: flags.time,
          left: flags.left === true,
          ...(flags.fileContexts === undefined ? {} : { fileContexts: flags.fileContexts }),
        });
        progress.end();
        print(`${name}\n`);
      }
    });
  groupOptions(command);
}
