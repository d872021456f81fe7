/** `lsmfs why`: what in the policy allows or denies an access. Exit status 1 when something is denied. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { policyOfFile, policyOfWorld, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';
import type { SelinuxQuery } from './why-selinux.ts';

interface WhyFlags {
  readonly lsm: 'selinux' | 'apparmor' | 'smack' | 'tomoyo';
  readonly query: SelinuxQuery;
  readonly notOwner?: boolean;
  readonly policy?: string;
  readonly world?: string;
  readonly command?: number;
  readonly pid?: number;
  readonly json?: boolean;
}

const EXIT_DENIED = 1;

const EXAMPLES = `
Examples:
  lsmfs why --policy=/etc/selinux/default/policy/policy.34 \\
      system_u:system_r:sshd_t:s0 system_u:object_r:shadow_t:s0 file read
  lsmfs why --world=ci "$SCON" "$TCON" process transition
  lsmfs why --pid=$(pgrep -n myservice) "$SCON" "$TCON" file read
  lsmfs why --command=0x5413 "$SCON" "$TCON" chr_file ioctl
  lsmfs why --query=create "$SCON" "$PARENT" file passwd
  lsmfs why --query=validatetrans "$OLD" "$NEW" file "$SCON"
  lsmfs why --lsm=apparmor docker-default /etc/shadow w
  lsmfs why --lsm=apparmor --policy=profiles.bin 'outer//&:c1:inner' /usr/bin/id x
  lsmfs why --lsm=apparmor docker-default capability sys_admin
  lsmfs why --lsm=smack App Secret rw
  lsmfs why --lsm=tomoyo '<kernel> /usr/sbin/sshd' /bin/bash execute
  lsmfs why --json "$SCON" "$TCON" file | jq -r '.answers[] | select(.allowed).permissions[]'

AppArmor is asked as its profiles are written: LABEL, then /PATH PERMISSION... or capability NAME..., network FAMILY TYPE, signal NAME PEER,
ptrace PEER, mount SOURCE TARGET TYPE OPTION..., umount PATH, pivot_root NEW OLD, userns, change_profile LABEL, change_hat HAT.
Compiled profiles have no rule text: the answer is what they give, and how far into a path their rules follow.

--query=create, member and relabel tell which rule or default each field of the new context comes from; create takes the new object's name after the
class. --query=validatetrans takes the old and the new context, the class and the context of the task, and tells which rules forbid the change.

Without permissions: all of the class. Without --policy and --world: the world you are in, or the only one.
In a world each SELinux namespace has its own policy: the one you are in is asked, from outside the initial one, with --pid that of a process.
A world is asked with its present booleans. A denial shows everything that stands in its way, and what would remove it.
Exit status: 0 all of it is allowed, 1 something is denied, 125 the question could not be answered.`;

function parseCommand(text: string): number {
  const number = Number(text);
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || number > 0xffff) throw new InvalidArgumentError('it must be 0 to 0xffff.');
  return number;
}

function parsePid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('it must be a process id.');
  return Number(text);
}

export function addWhy(program: Command): void {
  program
    .command('why')
    .description('explain what allows or denies an access in a policy')
    .argument('<source>', 'context of the subject; for AppArmor and Smack its label; for TOMOYO its domain')
    .argument(
      '<target>',
      'context of the object; for Smack its label; for AppArmor its path, or the kind of rule; for TOMOYO its path',
    )
    .argument('[class]', 'class of the object; for Smack what is asked for, letters of rwxatl; for TOMOYO an operation')
    .argument('[permission...]', 'permissions')
    .addOption(
      new Option('--lsm <name>', 'whose policy').choices(['selinux', 'apparmor', 'smack', 'tomoyo']).default('selinux'),
    )
    .option('--policy <file>', 'ask a binary policy')
    .option('--world <name>', 'ask a running world')
    .option('--pid <pid>', 'ask the policy of the SELinux namespace of this process', parsePid)
    .addOption(
      new Option('--query <kind>', 'for SELinux: what to explain; all but access by their selinuxfs nodes')
        .choices(['access', 'create', 'member', 'relabel', 'validatetrans'])
        .default('access'),
    )
    .option('--command <number>', 'for ioctl and nlmsg: this command (its low 16 bits)', parseCommand)
    .option('--not-owner', 'for files in AppArmor: the file belongs to somebody else')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(
      async (source: string, target: string, className: string | undefined, permissions: string[], flags: WhyFlags) => {
        const { policy, world, command, pid } = flags;
        if (policy !== undefined && (world ?? pid) !== undefined) {
          throw new WorldError('bad-option', 'A policy or a world can be asked, not both.', 'Leave one option away.');
        }
        if (flags.lsm !== 'selinux') {
          if (pid !== undefined)
            throw new WorldError('bad-option', '--pid is for SELinux.', 'Name the label as LABEL.');
          const access = className === undefined ? [] : [className, ...permissions];
          if (flags.lsm === 'smack') return (await import('./why-smack.ts')).whySmack(source, target, access, flags);
          if (flags.lsm === 'tomoyo')
            return (await import('./why-tomoyo.ts')).whyTomoyo(source, target, className ?? 'execute', flags);
          const words = [target, ...access];
          return (await import('./why-apparmor.ts')).whyApparmor(source, words, flags);
        }
        if (className === undefined) {
          throw new WorldError('bad-option', "missing required argument 'class'", 'Name the class of the object.');
        }
        const asked = await (policy === undefined ? policyOfWorld(world, pid) : policyOfFile(policy));
        const question = { source, target, className, words: permissions, command };
        const { report, allowed, text } = await (await import('./why-selinux.ts')).whySelinux(
          asked,
          flags.query,
          question,
        );
        const mode = asked.enforcing === undefined ? {} : { enforcing: asked.enforcing, bounds: asked.bounds };
        print(flags.json === true ? formatJson({ ...report, ...mode }) : text);
        if (!allowed) process.exitCode = EXIT_DENIED;
      },
    );
}
