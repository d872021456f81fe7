/**
 * The TPM that a machine boots with: banks, and what firmware has left in registers, from files as evmctl reads them
 * (`PCR-00: 3A3F...`, a line for each register in order).
 */
import { readFileSync, statSync } from 'node:fs';
import { digestSize } from '../../../lsm/framework/digests/hash.ts';
import { BANKS, type Bank, REGISTERS, type TpmConfig } from '../../../lsm/framework/tpm/tpm.ts';
import { WorldError } from '../../errors.ts';
import type { TpmOptions } from '../../options.ts';

const DEFAULT_BANKS: readonly Bank[] = ['sha1', 'sha256'];
/** Far more than 24 lines have. */
const LONGEST_FILE = 65_536;

/** @throws WorldError for files that cannot be read or are of another kind. */
export function tpmConfig({ kind, banks = DEFAULT_BANKS, registers = {} }: TpmOptions): TpmConfig {
  if (kind !== 'emulated') {
    throw new WorldError(
      'bad-option',
      `A tree of files has no ${kind}.`,
      'Choose --tpm=emulated, or a world (lsmfs run).',
    );
  }
  const without = BANKS.find((name) => registers[name] !== undefined && !banks.includes(name));
  if (without !== undefined) {
    throw new WorldError(
      'bad-option',
      `The TPM has no bank ${without}.`,
      `Add it: --tpm-banks=${[...banks, without].join(',')}`,
    );
  }
  return {
    banks: banks.map((algorithm) => {
      const file = registers[algorithm];
      return { algorithm, ...(file !== undefined && { registers: readRegisters(algorithm, file) }) };
    }),
  };
}

function readRegisters(bank: Bank, file: string): readonly string[] {
  const lines = read(file).trimEnd().split('\n');
  const values = lines.map((line, number) => {
    const [, register, value = ''] = /^PCR-([0-9]{2}):((?: ?[0-9A-Fa-f]{2})+) *$/.exec(line) ?? [];
    const hex = value.replaceAll(' ', '').toLowerCase();
    if (Number(register) === number && hex.length === 2 * digestSize(bank)) return hex;
    throw new WorldError(
      'bad-option',
      `Line ${number + 1} of ${file} is not 'PCR-${String(number).padStart(2, '0')}: ' and a digest of ${bank}.`,
      'It is to be written as evmctl reads it, a line for each register in order.',
    );
  });
  if (values.length <= REGISTERS) return values;
  throw new WorldError('bad-option', `${file} has more than ${REGISTERS} registers.`);
}

function read(file: string): string {
  try {
    const status = statSync(file);
    // A pipe would keep us waiting.
    if (status.isFile() && status.size <= LONGEST_FILE) return readFileSync(file, 'latin1');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `The registers ${file} cannot be read: ${reason}.`, 'Check --tpm-pcrs.');
  }
  throw new WorldError('bad-option', `${file} is not a file with registers.`, 'Check --tpm-pcrs.');
}
