/**
 * Commands of a TPM 2.0 and their answers (TPM 2.0 Library, Part 3) as a kernel uses them: big-endian, each with a
 * header of tag (u16), size of the whole (u32) and command or response code (u32).
 */
import { BANKS, type Bank, REGISTERS } from '../../../lsm/framework/tpm/tpm.ts';

export const HEADER_SIZE = 10;
/** Of a command or an answer, as TPMs have it. */
export const LARGEST = 4096;

const TAG = { NO_SESSIONS: 0x8001, SESSIONS: 0x8002 };
const COMMAND = { GET_CAPABILITY: 0x17a, PCR_READ: 0x17e, PCR_EXTEND: 0x182 };
/** TPM2_Clear, PCR_Allocate, PCR_Event, PCR_Reset, Startup, PCR_Extend, EventSequenceComplete. */
const CHANGING: ReadonlySet<number> = new Set([0x126, 0x12b, 0x13c, 0x13d, 0x144, 0x182, 0x185]);
/** TPM_CAP_PCRS */
const CAPABILITY_PCRS = 5;
/** TPM_RS_PW: an authorization by an empty password. */
const PASSWORD = Uint8Array.of(0x40, 0, 0, 9, 0, 0, 0, 0, 0);
/** TPM_ALG_ID */
const ALGORITHM: Readonly<Record<Bank, number>> = { sha1: 0x4, sha256: 0xb, sha384: 0xc, sha512: 0xd };
/** Bytes of a bit map of registers. */
const SELECT_SIZE = REGISTERS / 8;

/** Bytes in which a header says how long its command is; `undefined` for less than a header. */
export function sizeOf(message: Buffer): number | undefined {
  return message.length < HEADER_SIZE ? undefined : message.readUInt32BE(2);
}

/** 0 = success. */
export function responseCode(answer: Buffer): number {
  return answer.readUInt32BE(6);
}

/** TPM2_PCR_Extend */
export function extendCommand(register: number, digests: ReadonlyMap<Bank, Uint8Array>): Buffer {
  const values = [...digests].flatMap(([bank, digest]) => [u16(ALGORITHM[bank]), digest]);
  const parts = [u32(register), u32(PASSWORD.length), PASSWORD, u32(digests.size), ...values];
  return command(TAG.SESSIONS, COMMAND.PCR_EXTEND, parts);
}

/** May the command have changed registers? */
export function changesRegisters(message: Buffer): boolean {
  return CHANGING.has(message.readUInt32BE(6));
}

/** TPM2_GetCapability of the banks. */
export function banksCommand(): Buffer {
  return command(TAG.NO_SESSIONS, COMMAND.GET_CAPABILITY, [u32(CAPABILITY_PCRS), u32(0), u32(1)]);
}

/** Those that have registers, of the ones that a kernel knows. */
export function banksIn(answer: Buffer): readonly Bank[] {
  // Header, whether there is more (u8), which capability, then a list of algorithm (u16), size of the map (u8), map.
  let at = HEADER_SIZE + 1 + 4;
  const count = answer.readUInt32BE(at);
  at += 4;
  const found: number[] = [];
  for (let number = 0; number < count; number++) {
    const size = answer.readUInt8(at + 2);
    if (answer.subarray(at + 3, at + 3 + size).some((byte) => byte !== 0)) found.push(answer.readUInt16BE(at));
    at += 3 + size;
  }
  return BANKS.filter((bank) => found.includes(ALGORITHM[bank]));
}

/** TPM2_PCR_Read of a few registers: a TPM answers with eight at most. */
export function readCommand(bank: Bank, registers: readonly number[]): Buffer {
  const map = Buffer.alloc(SELECT_SIZE);
  for (const register of registers) map.writeUInt8(map.readUInt8(register >> 3) | (1 << (register & 7)), register >> 3);
  const parts = [u32(1), u16(ALGORITHM[bank]), Uint8Array.of(SELECT_SIZE), map];
  return command(TAG.NO_SESSIONS, COMMAND.PCR_READ, parts);
}

/** Their values in order, in hexadecimal. */
export function valuesIn(answer: Buffer): readonly string[] {
  // Header, a counter of changes, the selection (as it was asked), then a list of digests, each with its length (u16).
  let at = HEADER_SIZE + 4 + 4 + 2 + 1 + SELECT_SIZE;
  const count = answer.readUInt32BE(at);
  at += 4;
  const values: string[] = [];
  for (let number = 0; number < count; number++) {
    const size = answer.readUInt16BE(at);
    values.push(answer.toString('hex', at + 2, at + 2 + size));
    at += 2 + size;
  }
  return values;
}

function command(tag: number, code: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([u16(tag), u32(HEADER_SIZE + body.length), u32(code), body]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
