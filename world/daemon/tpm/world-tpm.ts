/**
 * A TPM of a world that other programs can speak to: what its kernel extends reaches a swtpm, and what programs of the world do there
 * reaches the kernel's view of the registers.
 */
import { hex } from '../../../linux/bytes.ts';
import { type Bank, type Extension, REGISTERS, type TpmConfig } from '../../../lsm/framework/tpm/tpm.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { StackOptions } from '../../options.ts';
import type { WorldDirectory } from '../../registry/directory.ts';
import { nodeDigests } from '../content/runtime-digests.ts';
import { TpmClients } from './clients.ts';
import {
  banksCommand,
  banksIn,
  changesRegisters,
  extendCommand,
  readCommand,
  responseCode,
  valuesIn,
} from './commands.ts';
import { Swtpm, startFailed } from './swtpm.ts';

/** Registers in one answer to TPM2_PCR_Read. */
const READ_SIZE = 8;

/** By bank and number, in hexadecimal. */
type Registers = Readonly<Partial<Record<Bank, readonly string[]>>>;

export interface WorldTpmHost {
  readonly stack: Stack;
  trouble(text: string): void;
}

export class WorldTpm {
  /** The registers at the start. */
  readonly config: TpmConfig;
  readonly #swtpm: Swtpm;
  readonly #clients: TpmClients;
  #host: WorldTpmHost | undefined;
  /** Extensions that the swtpm has not confirmed. */
  #unconfirmed = 0;
  /** Extensions made since the registers are being read from the swtpm; `undefined` = they are not being read. */
  #since: Parameters<Extension>[] | undefined;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(swtpm: Swtpm, config: TpmConfig) {
    this.config = config;
    this.#swtpm = swtpm;
    this.#clients = new TpmClients(swtpm, (command) => this.#used(command));
    swtpm.onLost = (why) => this.#lost(why);
  }

  /** @throws WorldError */
  listen(file: string): Promise<void> {
    return this.#clients.listen(file);
  }

  /** To be called when the kernel has booted. */
  attach(host: WorldTpmHost): void {
    this.#host = host;
  }

  /** Nobody waits for it. */
  extend(...[register, digests]: Parameters<Extension>): void {
    this.#since?.push([register, digests]);
    this.#unconfirmed++;
    this.#swtpm.send(extendCommand(register, digests), (answer) => {
      if (answer === undefined) return;
      this.#unconfirmed--;
      const code = responseCode(answer);
      if (code !== 0) this.#host?.trouble(`swtpm refuses to extend register ${register}: 0x${code.toString(16)}`);
    });
  }

  async close(): Promise<void> {
    this.#clients.close();
    await this.#swtpm.close();
  }

  /** A program has made a command. */
  #used(command: Buffer): Promise<void> {
    if (changesRegisters(command)) this.#refreshing = this.#refreshing.then(() => this.#refresh());
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const since: Parameters<Extension>[] = [];
    this.#since = since;
    const registers = await readRegisters(
      this.#swtpm,
      this.config.banks.map(({ algorithm }) => algorithm),
    );
    this.#since = undefined;
    if (registers === undefined) return;
    this.#host?.stack.apply({ kind: 'tpm-registers', registers: extendedBy(registers, since) });
  }

  #lost(why: string): void {
    const many = this.#unconfirmed === 1 ? '1 digest is' : `${this.#unconfirmed} digests are`;
    this.#host?.trouble(`swtpm is lost: ${why}; ${many} not in its registers, nor will later ones be`);
    this.#host?.stack.apply({ kind: 'tpm-lost' });
  }
}

/** @returns `undefined` where the machine has no such TPM. @throws WorldError */
export async function startWorldTpm(
  directory: WorldDirectory,
  { tpm: options }: Pick<StackOptions, 'tpm'>,
): Promise<WorldTpm | undefined> {
  if (options?.kind !== 'swtpm') return undefined;
  const swtpm = new Swtpm(directory.tpmState);
  let why = 'its answers are not understood';
  swtpm.onLost = (reason) => {
    why = reason;
  };
  const capabilities = await swtpm.request(banksCommand());
  const banks = capabilities === undefined || responseCode(capabilities) !== 0 ? [] : banksIn(capabilities);
  const registers = await readRegisters(swtpm, banks);
  if (registers === undefined || banks.length === 0) {
    await swtpm.close();
    throw startFailed(why);
  }
  const config = { banks: banks.map((algorithm) => ({ algorithm, registers: registers[algorithm] ?? [] })) };
  const tpm = new WorldTpm(swtpm, config);
  await tpm.listen(directory.tpm);
  return tpm;
}

/** All commands are given at once, so that no other comes between. */
async function readRegisters(swtpm: Swtpm, banks: readonly Bank[]): Promise<Registers | undefined> {
  const values = await Promise.all(
    banks.map(async (bank): Promise<[Bank, readonly string[] | undefined]> => {
      const parts = Array.from({ length: REGISTERS / READ_SIZE }, (_, part) => {
        const registers = Array.from({ length: READ_SIZE }, (_register, number) => part * READ_SIZE + number);
        return swtpm.request(readCommand(bank, registers));
      });
      const answers = await Promise.all(parts);
      const read = answers.flatMap((answer) =>
        answer === undefined || responseCode(answer) !== 0 ? [] : valuesIn(answer),
      );
      return [bank, read.length === REGISTERS ? read : undefined];
    }),
  );
  return values.some(([, registers]) => registers === undefined)
    ? undefined
    : (Object.fromEntries(values) as Registers);
}

/** What registers hold after extensions. */
function extendedBy(registers: Registers, extensions: readonly Parameters<Extension>[]): Registers {
  const values = Object.entries(registers).map(([bank, hexes]) => ({
    bank,
    held: hexes.map((text) => Buffer.from(text, 'hex')),
  }));
  for (const [register, digests] of extensions) {
    for (const { bank, held } of values) {
      const added = [...digests].find(([name]) => name === bank)?.[1];
      const before = held[register];
      const extended = before && added && nodeDigests.compute(bank, [before, added]);
      if (extended !== undefined) held[register] = Buffer.from(extended);
    }
  }
  return Object.fromEntries(values.map(({ bank, held }) => [bank, held.map(hex)]));
}
