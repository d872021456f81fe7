/** `lsmfs why`: what in the policy allows or denies an access. Exit status 1 when something is denied. */
import { type Command, InvalidArgumentError } from 'commander';
import { policyOfFile, policyOfWorld, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

interface WhyFlags {
  readonly policy?: string;
  readonly world?: string;
  readonly command?: number;
  readonly json?: boolean;
}

const EXIT_DENIED = 1;

const EXAMPLES = `
Examples:
  lsmfs why --policy=/etc/selinux/default/policy/policy.34 \\
      system_u:system_r:sshd_t:s0 system_u:object_r:shadow_t:s0 file read
  lsmfs why --world=ci "$SCON" "$TCON" process transition
  lsmfs why --command=0x5413 "$SCON" "$TCON" chr_file ioctl
  lsmfs why --json "$SCON" "$TCON" file | jq -r '.answers[] | select(.allowed).permissions[]'

Without permissions: all of the class. Without --policy and --world: the world you are in, or the only one.
A world is asked with its present booleans. A denial shows everything that stands in its way, and what would remove it.
Exit status: 0 all of it is allowed, 1 something is denied, 125 the question could not be answered.`;

function parseCommand(text: string): number {
  const number = Number(text);
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || number > 0xffff) throw new InvalidArgumentError('it must be 0 to 0xffff.');
  return number;
}

export function addWhy(program: Command): void {
  program
    .command('why')
    .description('explain what allows or denies an access in an SELinux policy')
    .argument('<source>', 'context of the subject')
    .argument('<target>', 'context of the object')
    .argument('<class>', 'class of the object')
    .argument('[permission...]', 'permissions')
    .option('--policy <file>', 'ask a binary policy')
    .option('--world <name>', 'ask a running world')
    .option('--command <number>', 'for ioctl and nlmsg: this command (its low 16 bits)', parseCommand)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, target: string, className: string, permissions: string[], flags: WhyFlags) => {
      const { policy, world, command } = flags;
      if (policy !== undefined && world !== undefined) {
        throw new WorldError('bad-option', 'A policy or a world can be asked, not both.', 'Leave one option away.');
      }
      const { state, enforcing } = await (policy === undefined ? policyOfWorld(world) : policyOfFile(policy));
      const { why } = await import('../../lsm/selinux/why/index.ts');
      const report = why(state, {
        source,
        target,
        class: className,
        permissions,
        ...(command === undefined ? {} : { command }),
      });
      if ('problem' in report) throw new WorldError('bad-question', report.problem, report.fix);
      const { formatWhy } = await import('../why-text.ts');
      const mode = enforcing === undefined ? {} : { enforcing };
      print(flags.json === true ? formatJson({ ...report, ...mode }) : formatWhy(report, enforcing));
      if (!report.allowed) process.exitCode = EXIT_DENIED;
    });
}
