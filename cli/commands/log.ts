/** `lsmfs log`: what the emulated kernel of a world logged. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  asciiJson,
  auditInterpreter,
  forTools,
  jsonRecord,
  parseLogLine,
  WorldError,
  worldDenials,
  worldLog,
} from '../../world/index.ts';
import { printBytes } from '../output.ts';

interface LogFlags {
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly audit?: boolean;
  readonly interpret?: boolean;
  readonly denials?: boolean;
  readonly why?: boolean;
  readonly since?: number;
  readonly contid?: bigint;
  readonly apparmorType: 'avc' | 'named';
  readonly smackTclass?: boolean;
}

const STANDARD_OUTPUT = 1;

const EXAMPLES = `
Examples:
  lsmfs log                          of the only world, or of the one you are in
  lsmfs log -f ci                    until the world ends
  lsmfs log --audit ci | ausearch --input /dev/stdin -m AVC -i
  lsmfs log -i --audit               as ausearch -i prints them
  lsmfs log --apparmor-type=named ci | ausearch --input /dev/stdin -m APPARMOR_DENIED
  lsmfs log --denials --why ci       what was refused, with the rule that is missing
  lsmfs log --denials --json --since=$(date +%s.%3N) -f ci
  lsmfs log --contid 5               of the audit of container 5: docs/guides/audit.md
  lsmfs log -f --json ci | jq -r 'select(.type == "AVC") | .fields.scontext'

Kernel messages look as dmesg prints them, audit records as auditd writes them; refusals of modules that keep records of their own begin with module=. The last 1 to 2 MiB are kept,
and go with the world; run --log-file FILE keeps all.`;

export function addLog(program: Command): void {
  program
    .command('log')
    .description('print the log of a world: kernel messages and audit records')
    .argument('[world]', 'name, see lsmfs ps')
    .option('-f, --follow', 'go on with what is added, until the world ends')
    .option('--audit', 'audit records only')
    .option(
      '--denials',
      'records of refusals only, also of those that permissive mode let through; with --json what they are about',
    )
    .option('--why', "with --denials: add the module's answer, as lsmfs why --last has it")
    .option('--since <seconds>', 'with --denials: only those since this time, in seconds since 1970', parseTime)
    .option('--contid <number>', 'records of the audit of this container, as it sees them', containerId)
    .addOption(
      new Option(
        '--apparmor-type <type>',
        "of AppArmor's records: avc as the kernel's, or named, as APPARMOR_DENIED, for ausearch",
      )
        .choices(['avc', 'named'])
        .default('avc'),
    )
    .option('--smack-tclass', "end Smack's records with tclass=smack, for ausearch")
    .addOption(
      new Option('-i, --interpret', 'audit records with times, users, calls and hexadecimal names as words').conflicts(
        'json',
      ),
    )
    .option('--json', 'print one JSON value per line')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, flags: LogFlags) => {
      const followFor = flags.follow === true ? STANDARD_OUTPUT : undefined;
      if (flags.denials === true) return denials(name, flags, followFor);
      if (flags.why === true || flags.since !== undefined)
        throw new WorldError('bad-option', '--why and --since are for refusals.', 'Add --denials.');
      const readable = flags.interpret === true ? await auditInterpreter() : (line: string) => line;
      const modules = [
        ...(flags.apparmorType === 'named' ? ['apparmor'] : []),
        ...(flags.smackTclass === true ? ['smack'] : []),
      ];
      const shaped = forTools(modules);
      for await (const logged of await worldLog(name, followFor, flags.contid)) {
        const line = shaped(logged);
        const record = parseLogLine(line);
        if (flags.audit === true && record.kind !== 'audit') continue;
        if (!(await printBytes(`${flags.json === true ? jsonRecord(record) : readable(line)}\n`))) break;
      }
    });
}

/** Texts are bytes, one character each, as in the log. */
async function denials(name: string | undefined, flags: LogFlags, followFor: number | undefined): Promise<void> {
  const { since, json, why = false } = flags;
  for await (const denial of await worldDenials(name, { why, ...(since === undefined ? {} : { since }) }, followFor)) {
    const { line, record, about, why: answer } = denial;
    const text = [line, ...(answer === undefined ? [] : [answer])].join('\n');
    const value = asciiJson({ ...record, refusal: about, ...(answer !== undefined && { why: answer }) });
    if (!(await printBytes(`${json === true ? value : text}\n`))) break;
  }
}

function parseTime(text: string): number {
  if (!/^\d{1,12}(?:\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError('it must be seconds since 1970.');
  return Number(text);
}

function containerId(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('it must be the number of a container.');
  return BigInt(text);
}
