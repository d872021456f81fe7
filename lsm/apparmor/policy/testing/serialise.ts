/** Writes the binary forms that the policy reads, for tests that need what no compiler makes. */
import { bytesOf } from '../../../../linux/bytes.ts';

export interface TableSpec {
  readonly id: number;
  readonly width: 1 | 2 | 4 | 8;
  readonly values: readonly number[];
}

/** A set of tables in front of which stands the usual header. */
export function dfaBlob(
  tables: readonly TableSpec[],
  flags = 0,
  patch: { magic?: number; headerSize?: number } = {},
): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(patch.magic ?? 0x1b5e783d, 0);
  header.writeUInt32BE(patch.headerSize ?? 24, 4);
  header.writeUInt16BE(flags, 12);
  header.write('notflex\0', 14, 'latin1');
  const parts = tables.map(({ id, width, values }) => {
    const table = Buffer.alloc(Math.ceil((12 + width * values.length) / 8) * 8);
    table.writeUInt16BE(id, 0);
    table.writeUInt16BE(width, 2);
    table.writeUInt32BE(values.length, 8);
    values.forEach((value, index) => {
      const at = 12 + width * index;
      if (width === 4) table.writeUInt32BE(value >>> 0, at);
      else if (width === 2) table.writeUInt16BE(value, at);
      else table.writeUInt8(value, at);
    });
    return table;
  });
  return Buffer.concat([header, ...parts]);
}

export interface StateSpec {
  readonly accept?: number;
  readonly accept2?: number;
  /** Transitions by byte; -1 is the out-of-band step. */
  readonly next?: Readonly<Record<number, number>>;
  readonly otherwise?: number;
  /** What is not in `next` is looked for in `otherwise`. */
  readonly difference?: boolean;
}

/** Tables for an automaton, every state with a row of its own. `classes`: byte to character class. */
export function tablesOf(states: readonly StateSpec[], classes?: readonly number[]): TableSpec[] {
  const row = 257;
  const next = new Array<number>(states.length * row).fill(0);
  const check = new Array<number>(states.length * row).fill(0);
  const base = states.map((state, index) => {
    for (const [byte, to] of Object.entries(state.next ?? {})) {
      next[index * row + 1 + Number(byte)] = to;
      check[index * row + 1 + Number(byte)] = index;
    }
    const outOfBand = state.next?.[-1] === undefined ? 0 : 0x20000000;
    return (index * row + 1 + outOfBand + (state.difference ? 0x80000000 : 0)) >>> 0;
  });
  return [
    { id: 1, width: 4, values: states.map((state) => state.accept ?? 0) },
    { id: 7, width: 4, values: states.map((state) => state.accept2 ?? 0) },
    { id: 2, width: 4, values: base },
    { id: 4, width: 2, values: states.map((state) => state.otherwise ?? 0) },
    { id: 8, width: 2, values: next },
    { id: 3, width: 2, values: check },
    ...(classes === undefined ? [] : [{ id: 5, width: 1 as const, values: classes }]),
  ];
}

const number = (code: number, size: number, value: bigint): Buffer => {
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = code;
  for (let i = 0; i < size; i++) bytes[1 + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
};

const sized = (code: number, content: Uint8Array, lengthSize: 2 | 4): Buffer => {
  const head = Buffer.alloc(1 + lengthSize);
  head[0] = code;
  head.writeUIntLE(content.length, 1, lengthSize);
  return Buffer.concat([head, content]);
};

/** Elements of the stream. */
export const W = {
  name: (text: string) => sized(4, bytesOf(`${text}\0`), 2),
  u8: (value: number) => number(0, 1, BigInt(value)),
  u16: (value: number) => number(1, 2, BigInt(value)),
  u32: (value: number) => number(2, 4, BigInt(value)),
  u64: (value: bigint) => number(3, 8, value),
  string: (text: string) => sized(5, bytesOf(`${text}\0`), 2),
  blob: (content: Uint8Array) => sized(6, content, 4),
  struct: Buffer.from([7]),
  structEnd: Buffer.from([8]),
  array: (count: number) => number(11, 2, BigInt(count)),
  arrayEnd: Buffer.from([12]),
};

type Part = Uint8Array;

/** A profile's automaton, padded for the place where it will be: after `before` bytes of the profile's own stream. */
export function alignedDfa(before: number, dfa: Uint8Array): Buffer {
  const tag = W.name('aadfa');
  const start = before + tag.length + 5;
  const padding = (8 - (start % 8)) % 8;
  return Buffer.concat([tag, W.blob(Buffer.concat([Buffer.alloc(padding), dfa]))]);
}

export interface ProfileSpec {
  readonly name: string;
  readonly version?: number;
  readonly ns?: string;
  readonly mode?: number;
  readonly flags?: number;
  readonly audit?: number;
  readonly pathFlags?: number;
  /** Elements between the name and the flags. */
  readonly early?: readonly Part[];
  /** Elements between the capabilities and the file rules. */
  readonly late?: readonly Part[];
  readonly file?: Uint8Array;
  /** Elements after the automaton of the file rules. */
  readonly end?: readonly Part[];
}

/** One header and one profile. */
export function profileStream(spec: ProfileSpec): Buffer {
  const head = Buffer.concat([
    W.name('version'),
    W.u32(spec.version ?? 7),
    ...(spec.ns === undefined ? [] : [W.name('namespace'), W.string(spec.ns)]),
    W.name('profile'),
    W.struct,
    W.string(spec.name),
    ...(spec.early ?? []),
    W.name('flags'),
    W.struct,
    W.u32(spec.flags ?? 0),
    W.u32(spec.mode ?? 0),
    W.u32(spec.audit ?? 0),
    W.structEnd,
    ...(spec.pathFlags === undefined ? [] : [W.name('path_flags'), W.u32(spec.pathFlags)]),
    ...[0, 0, 0, 0].map((value) => W.u32(value)),
    ...(spec.late ?? []),
  ]);
  const file = spec.file === undefined ? Buffer.alloc(0) : alignedDfa(head.length, spec.file);
  return Buffer.concat([head, file, ...(spec.end ?? []), W.structEnd]);
}

/** A struct with nothing but an array of strings. */
export function struct(name: string, values: readonly string[]): Buffer {
  const strings = values.map((value) => W.string(value));
  return Buffer.concat([W.name(name), W.struct, W.array(values.length), ...strings, W.arrayEnd, W.structEnd]);
}
