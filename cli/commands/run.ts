/** `lsmfs run`: make a world and become the command in it. */
import { type Command, Option } from 'commander';
import { detachRun, type PreparedRun, reportRun, runWorld, WorldError } from '../../world/index.ts';
import { groupOptions } from '../help-groups.ts';
import { addMediationOptions, type MediationFlags, mediationOptions } from '../mediation-options.ts';
import {
  addContextOption,
  addFileContextsOption,
  addProfilesOption,
  addStackOptions,
  contextOf,
  parseDescriptor,
  type StackFlags,
  stackOptions,
} from '../options.ts';
import { print } from '../output.ts';
import { addReportOptions, type ReportFlags, reportWanted } from '../report-options.ts';
import { formatJson } from '../table.ts';

interface RunFlags extends StackFlags, MediationFlags, ReportFlags {
  readonly name?: string;
  readonly hostPolicy?: boolean;
  readonly seccomp: boolean;
  readonly fileContexts?: string;
  readonly context: string;
  readonly profiles?: readonly string[];
  readonly auditCalls?: boolean;
  readonly jsonStatusFd?: number;
  readonly logFile?: string;
  readonly detach?: boolean;
  readonly output?: string;
  readonly json?: boolean;
  readonly endWithCommand?: boolean;
  /** Of a run that `--detach` has started. */
  readonly detached?: number;
}

/** After node, the program and `run`. */
const ARGS_OF_RUN = 3;

const EXAMPLES = `
Examples:
  lsmfs run -- bash                                  a shell with SELinux, its policy loaded, permissive
  lsmfs run --policy=small --enforcing -- runcon -t httpd_t cat /etc/shadow
  lsmfs run --policy=none -- load_policy             as an init finds the kernel
  lsmfs run --lsm=apparmor --profiles=/etc/apparmor.d -- aa-status
  lsmfs run --lsm=lockdown,yama,selinux -- cat /sys/kernel/security/lsm
  lsmfs run --name=ci -- make check                  then, elsewhere: lsmfs exec ci -- getenforce
  lsmfs run --lsm= --build=full --machine-key=owner.pem --blacklist=digests -- bash
  lsmfs run --report=lsmfs-report --fail-on=denials -- make check
  world=$(lsmfs run --detach); lsmfs exec $world -- id -Z; lsmfs stop $world
  lsmfs run --lsm=ipe --param "ipe.boot_policy=$(cat FILE)" -- bash
  lsmfs run --lsm= --tpm=emulated -- cat /sys/class/tpm/tpm0/pcr-sha256/10

Exit status: that of the command; 125 when lsmfs itself fails, 126 when the command cannot be executed, 127 when it is not found;
123 when it succeeded and --fail-on does not accept what was refused.
It is not a security boundary: it answers as the kernel would and enforces only on what passes through it.`;

/** @param prepared what was started before the command line was read. */
export function addRun(program: Command, prepared?: PreparedRun): void {
  const command = addReportOptions(
    addProfilesOption(
      addContextOption(addFileContextsOption(addMediationOptions(addStackOptions(program.command('run'), 'auto')))),
    ),
  )
    .description('run a command on a kernel that seems to have these security modules')
    .argument('[command...]', 'command and arguments, after --')
    .option('--name <name>', 'name of the world (default: a made-up one)')
    .option(
      '-d, --detach',
      'go on in the background: print the name of the world, which ends with its command or by `lsmfs stop`',
    )
    .option('--output <file>', 'with --detach: what the command writes to standard output and error (default: nowhere)')
    .option('--end-with-command', 'when the command ends, end what is left of its world (default with --detach)')
    .option('--json', 'with --detach: print JSON')
    .addOption(new Option('--detached <fd>').argParser(parseDescriptor).hideHelp())
    .option(
      '--host-policy',
      "semodule, semanage and setsebool -P change the machine's own policy (default: copies of /etc/selinux and /var/lib/selinux that end with the world)",
    )
    .option('--no-seccomp', 'files only: no system-call supervisor, so libselinux programs do not see SELinux')
    .option('--json-status-fd <fd>', 'write JSON lines about the start and the end to this descriptor', parseDescriptor)
    .option('--log-file <file>', 'log of the emulated kernel and of the daemon')
    .option('--no-standby', 'leave no world on standby for the next run (see lsmfs standby)')
    .option('--audit-calls', 'let audit rules see calls on files, processes and users that no module decides about')
    .addHelpText('after', EXAMPLES)
    .action(async (argv: string[], flags: RunFlags) => {
      if (flags.detach === true && flags.detached === undefined) return detach(argv, flags);
      if (argv.length === 0) command.error("missing required argument 'command'");
      const detaching = flags.json === true ? '--json' : flags.output !== undefined ? '--output' : undefined;
      if (flags.detached === undefined && detaching !== undefined)
        throw new WorldError('bad-option', `${detaching} needs --detach.`, 'See `lsmfs run --help`.');
      const wanted = flags.detached === undefined ? reportWanted(flags) : undefined;
      if (wanted !== undefined) {
        await reportRun({ ...wanted, argv, args: process.argv.slice(ARGS_OF_RUN), version: program.version() ?? '' });
      }
      await runWorld({
        ...stackOptions(flags),
        ...contextOf(flags.context),
        ...(flags.profiles === undefined ? {} : { profiles: flags.profiles }),
        ...mediationOptions(flags),
        ...(flags.auditCalls === undefined ? {} : { auditCalls: flags.auditCalls }),
        argv,
        prepared,
        seccomp: flags.seccomp,
        transport: flags.transport,
        ...(flags.fileContexts === undefined ? {} : { fileContexts: flags.fileContexts }),
        ...(flags.hostPolicy === undefined ? {} : { hostPolicy: flags.hostPolicy }),
        ...(flags.name === undefined ? {} : { name: flags.name }),
        ...(flags.jsonStatusFd === undefined ? {} : { jsonStatusFd: flags.jsonStatusFd }),
        ...(flags.logFile === undefined ? {} : { logFile: flags.logFile }),
        ...(flags.reporter === undefined ? {} : { report: flags.reporter }),
        ...(flags.detached === undefined ? {} : { detachedFd: flags.detached }),
        ...(flags.detached === undefined && flags.endWithCommand !== true
          ? {}
          : { commandEnd: { kept: flags.detached !== undefined } }),
      });
    });
  groupOptions(command);
}

/** What a world without a command waits with until it is stopped. */
const UNTIL_STOPPED = ['sleep', 'infinity'];

async function detach(argv: readonly string[], flags: RunFlags): Promise<void> {
  const useless =
    flags.jsonStatusFd !== undefined
      ? '--json-status-fd'
      : typeof flags.report === 'string'
        ? '--report'
        : flags.failOn && '--fail-on';
  if (useless !== undefined)
    throw new WorldError(
      'bad-option',
      `${useless} has no use with --detach.`,
      'Ask with `lsmfs wait` and `lsmfs log`.',
    );
  const args = process.argv.slice(ARGS_OF_RUN);
  const whole = argv.length > 0 ? args : [...args.filter((word) => word !== '--'), '--', ...UNTIL_STOPPED];
  const made = await detachRun({ args: whole, ...(flags.output === undefined ? {} : { output: flags.output }) });
  if (typeof made === 'number') process.exitCode = made;
  else print(flags.json === true ? formatJson(made) : `${made.name}\n`);
}
