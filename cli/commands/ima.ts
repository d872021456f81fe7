/** `lsmfs ima`: what a world measured. Exit status 1 when `--verify` finds a digest that is wrong. */
import type { Command } from 'commander';
import { measurementList, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson, formatTable } from '../table.ts';

interface ImaFlags {
  readonly file?: string;
  readonly namespace?: string;
  readonly verify?: boolean;
  readonly pcrs?: string;
  readonly json?: boolean;
}

const EXIT_WRONG = 1;

const EXAMPLES = `
Examples:
  lsmfs ima                      of the only world, or of the one you are in
  lsmfs ima --verify ci
  lsmfs ima --file=/sys/kernel/security/ima/binary_runtime_measurements --verify
  lsmfs ima --pcrs=sha256 ci > sha256.pcrs
  lsmfs ima --namespace=4026532771 --verify ci
  lsmfs ima --json ci | jq -r '.entries[] | select(.path == "/usr/bin/id") | .digest'

DIGEST is the digest of the file's content. It is 'violation' when somebody had the file open for writing.

--verify computes the template digest of each entry from its fields. It names violations, and entries with another digest. Then it prints
what a TPM would hold whose PCRs were zero before the first entry.

--pcrs prints the PCRs of one bank: sha1, sha256, sha384 or sha512. \`evmctl ima_measurement --pcrs BANK,FILE\` reads them. They are those of
the world's TPM (lsmfs run --tpm). A world without a TPM gives what one would hold.

Exit status: 0, 1 when --verify found a digest that is wrong, 125 when there is no list.`;

export function addIma(program: Command): void {
  program
    .command('ima')
    .description("show a world's measurement list")
    .argument('[world]', 'name, see lsmfs ps')
    .option('--file <list>', 'a list in binary form, as binary_runtime_measurements of any kernel')
    .option('--namespace <id>', 'of an IMA namespace, as lsmfs tree shows it')
    .option('--verify', 'compute digests and registers anew')
    .option('--pcrs <bank>', 'print the registers of a TPM, as evmctl reads them')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (world: string | undefined, { file, namespace, verify, pcrs, json }: ImaFlags) => {
      if (world !== undefined && file !== undefined) {
        throw new WorldError(
          'bad-option',
          'A list comes from a file (--file) or from a world, not both.',
          'Give one of them.',
        );
      }
      if (namespace !== undefined && file !== undefined) {
        throw new WorldError(
          'bad-option',
          'A list comes from a file (--file) or from a namespace (--namespace), not both.',
          'Give one of them.',
        );
      }
      const { report, header, rows, notes, intact, registers } = await measurementList(
        { world, file, namespace },
        verify === true || pcrs !== undefined,
      );
      const shown =
        pcrs !== undefined
          ? registersText(registers, pcrs)
          : json === true
            ? formatJson(report)
            : formatTable(header, rows) + notes.map((line) => `${line}\n`).join('');
      // Names are bytes in the kernel: one character each.
      print(Buffer.from(shown, 'latin1').toString('utf8'));
      if (!intact) process.exitCode = EXIT_WRONG;
    });
}

/** A line for each register, in order. */
function registersText(registers: Readonly<Record<string, readonly string[]>>, bank: string): string {
  const values = registers[bank];
  if (values === undefined) {
    const known = Object.keys(registers).join(', ');
    throw new WorldError('bad-option', `There is no bank '${bank}'.`, `Known: ${known}.`);
  }
  return values.map((value, pcr) => `PCR-${String(pcr).padStart(2, '0')}: ${value}\n`).join('');
}
