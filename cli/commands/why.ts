/** `lsmfs why`: what in the policy allows or denies an access. Exit status 1 when something is denied. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { WhyTold } from '../../lsm/framework/inspection/why.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { explain, explainLast, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

interface WhyFlags {
  readonly lsm: string;
  readonly query: string;
  readonly notOwner?: boolean;
  readonly policy?: string;
  readonly world?: string;
  readonly command?: number;
  readonly pid?: number;
  readonly namespace?: string;
  readonly json?: boolean;
  readonly last?: boolean;
}

const EXIT_DENIED = 1;
/** Place of the target among the words of a question. */
const TARGET = 1;
const EXPLAINING = KNOWN_MODULES.filter(({ explains }) => explains !== undefined);

/** Names are bytes in the kernel: one character each. */
const bytes = (word: string): string => Buffer.from(word, 'utf8').toString('latin1');
/** What can be no context, and no word of a rule: a path from the working directory. */
const absolute = (word: string, index: number): string =>
  /^\.{1,2}(\/|$)/.test(word) || (index === TARGET && /^[^/:<&]+\//.test(word)) ? path.resolve(word) : word;
const text = (shown: string): string => Buffer.from(shown, 'latin1').toString('utf8');

const EXAMPLES = `
Examples:
  lsmfs why --policy=/etc/selinux/default/policy/policy.34 \\
      system_u:system_r:sshd_t:s0 system_u:object_r:shadow_t:s0 file read
  lsmfs why system_u:system_r:httpd_t:s0 /etc/shadow open
  lsmfs why system_u:system_r:httpd_t:s0 ./index.html read
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
  lsmfs why --lsm=ima /usr/bin/id BPRM_CHECK
  lsmfs why --lsm=ima --pid=$(pgrep -n myservice) /usr/bin/id BPRM_CHECK
  lsmfs why --last                   the newest refusal in the log of the world
  lsmfs why --last --json ci
  lsmfs why --json "$SCON" "$TCON" file | jq -r '.answers[] | select(.allowed).permissions[]'

AppArmor is asked as its profiles are written: LABEL, then /PATH PERMISSION... or capability NAME..., network FAMILY TYPE, signal NAME PEER,
ptrace PEER, mount SOURCE TARGET TYPE OPTION..., umount PATH, pivot_root NEW OLD, userns, change_profile LABEL, change_hat HAT.
Compiled profiles have no rule text: the answer is what they give, and how far into a path their rules follow.

For SELinux, the path of a file stands for its label and class, as they are where lsmfs is called: in a world, or where files are labelled.

IMA is asked about a file, a hook (default FILE_CHECK) and an access mode (default MAY_READ or MAY_EXEC, which the hook uses): by which rules the file is
measured, appraised, audited or hashed when you use it; if by none, which conditions of the rules for that hook do not hold; and which entries of the
measurement list are about it. It is asked of each IMA namespace around you, or around the process of --pid, the nearest first. The status is 0.

--last asks again what the newest record of a refusal tells of (denied by SELinux, also in permissive mode, by AppArmor, also by a profile
that complains, or by Smack), as the policy is now, and
shows the record first. With --lsm only that module's records count.

--query=create, member and relabel tell which rule or default each field of the new context comes from; create takes the new object's name after the
class. --query=validatetrans takes the old and the new context, the class and the context of the task, and tells which rules forbid the change.

Without permissions: all of the class. Without --policy and --world: the world you are in, or the only one.
In a world each SELinux namespace has its own policy: the one you are in is asked, from outside the initial one, with --pid that of a process.
A world is asked with its present booleans. A denial shows everything that stands in its way, and what would remove it.
Exit status: 0 all of it is allowed, 1 something is denied, 125 the question could not be answered.`;

function parseCommand(text: string): number {
  const number = Number(text);
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || number > 0xffff)
    throw new InvalidArgumentError('it must be a number from 0 to 0xffff.');
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
    .argument(
      '[source]',
      'context of the subject; for AppArmor and Smack its label; for TOMOYO its domain; for IMA the path of a file',
    )
    .argument(
      '[target]',
      'context of the object, or path of a file; for Smack its label; for AppArmor its path, or the kind of rule; for TOMOYO its path; for IMA a hook',
    )
    .argument('[class]', 'class of the object; for Smack what is asked for, letters of rwxatl; for TOMOYO an operation')
    .argument('[permission...]', 'permissions')
    .addOption(
      new Option('--lsm <name>', 'whose policy').choices(EXPLAINING.map(({ name }) => name)).default('selinux'),
    )
    .option('--last', 'the newest refusal in the log of a world, which may be named')
    .option('--policy <file>', 'ask a binary policy')
    .option('--world <name>', 'ask a running world')
    .option('--pid <pid>', 'ask the policy of the namespace of this process (SELinux, IMA)', parsePid)
    .option('--namespace <id>', 'ask that of this IMA namespace alone, as lsmfs tree shows it')
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
      async (
        source: string | undefined,
        target: string | undefined,
        className: string | undefined,
        permissions: string[],
        flags: WhyFlags,
        command: Command,
      ) => {
        const words = [source, target, className, ...permissions].filter((word) => word !== undefined);
        const asked =
          flags.last === true ? last(words, flags, command) : question(words.map(absolute).map(bytes), flags);
        const told = await inText(asked);
        print(text(flags.json === true ? formatJson(told.report) : told.text));
        if (!told.allowed) process.exitCode = EXIT_DENIED;
      },
    );
}

function question(words: readonly string[], flags: WhyFlags): Promise<WhyTold> {
  const { lsm, policy, world, pid, query, command, notOwner, namespace } = flags;
  if (policy !== undefined && (world ?? pid ?? namespace) !== undefined) {
    throw new WorldError(
      'bad-option',
      'A question goes to a policy file (--policy) or to a world (--world, --pid), not both.',
      'Give one of them.',
    );
  }
  const explains = EXPLAINING.find(({ name }) => name === lsm)?.explains;
  const ofFile = explains?.fileLabel !== undefined && words[1]?.startsWith('/') === true && query === 'access';
  const missing = ofFile ? undefined : explains?.words[words.length];
  if (missing !== undefined) {
    throw new WorldError('bad-option', `missing required argument '${missing}'`, 'See `lsmfs why --help`.');
  }
  if (pid !== undefined && namespace !== undefined) {
    throw new WorldError('bad-option', 'A process or a namespace can be asked, not both.', 'Leave one out.');
  }
  const named = namespace === undefined ? {} : { namespace };
  const request = { words, query, ...named, ...(command !== undefined && { command }), ...(notOwner && { notOwner }) };
  return explain(lsm, { policy, world, pid }, request);
}

/** @param words the name of a world, if it is given. */
function last([name, ...more]: readonly string[], flags: WhyFlags, command: Command): Promise<WhyTold> {
  const { lsm, world, pid } = flags;
  const given = (option: string) => command.getOptionValueSource(option) === 'cli';
  const other = ['policy', 'query', 'command', 'notOwner', 'namespace'].some(given);
  if (other || more.length > 0 || (name !== undefined && world !== undefined)) {
    throw new WorldError(
      'bad-option',
      'With --last the question comes from the log of a world, not from the command line.',
      'Give at most the name of the world, --lsm and --pid.',
    );
  }
  return explainLast(name ?? world, { module: given('lsm') ? lsm : undefined, pid });
}

/** A problem names things as they were asked for: in bytes. */
async function inText(told: Promise<WhyTold>): Promise<WhyTold> {
  try {
    return await told;
  } catch (error) {
    if (!(error instanceof WorldError) || error.code !== 'bad-question') throw error;
    throw new WorldError(error.code, text(error.message), error.fix && text(error.fix));
  }
}
