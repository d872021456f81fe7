/**
 * Automata as `apparmor_parser -D dfa-states` prints them: the compiler's own, before they are packed into tables. An
 * oracle that shares nothing with the tables' reader.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

interface State {
  readonly next: ReadonlyMap<number, number>;
  /** Where all other bytes lead. */
  readonly otherwise: number;
}

export interface DumpedDfa {
  readonly states: ReadonlyMap<number, State>;
  /** Accept words by state. */
  readonly accept: ReadonlyMap<number, readonly [number, number]>;
}

/** Bits of an accept word's audit and quiet sets. */
const AUDIT = 0x1fc07f;

/** Automata by name of the profile file, in the order they were made. */
export function readDumps(file: string): ReadonlyMap<string, DumpedDfa[]> {
  const dumps = new Map<string, DumpedDfa[]>();
  for (const part of gunzipSync(readFileSync(file)).toString('latin1').split(/^# /m).slice(1)) {
    const [name = '', ...lines] = part.split('\n');
    const sections = lines
      .join('\n')
      .split(/^\{1\} <==.*\n/m)
      .slice(1);
    dumps.set(name, sections.map(parseSection));
  }
  return dumps;
}

function parseSection(text: string): DumpedDfa {
  const states = new Map<number, State>();
  const accept = new Map<number, readonly [number, number]>();
  const [accepting = '', ...rest] = text.split(/\n\n|^\n/);
  for (const [, state, allow, audit, quiet] of accepting.matchAll(
    /^\{(\d+)\}\(0x ([0-9a-f]+)\/[0-9a-f]+\/[0-9a-f]*\/[0-9a-f]+\/([0-9a-f]+)\/([0-9a-f]+)\)$/gm,
  )) {
    const quieted = Number.parseInt(quiet ?? '', 16) & AUDIT;
    const second = (Number.parseInt(audit ?? '', 16) & AUDIT) | (quieted << 7);
    accept.set(Number(state), [Number.parseInt(allow ?? '', 16), second >>> 0]);
  }
  for (const block of rest.join('\n').split(/^(?=\{\d+\} perms:)/m)) parseState(block, states);
  return { states, accept };
}

function parseState(block: string, states: Map<number, State>): void {
  const [, number] = /^\{(\d+)\} perms:/.exec(block) ?? [];
  if (number === undefined) return;
  const next = new Map<number, number>();
  for (const [, byte, to] of block.matchAll(/^ {4}(?:.{1,3} )?0x([0-9a-f]+) -> \{(\d+)\}/gm)) {
    next.set(Number.parseInt(byte ?? '', 16), Number(to));
  }
  let otherwise = 0;
  const [, excluded, to] = /^ {4}\[(\^?.*)\] -> \{(\d+)\}/m.exec(block) ?? [];
  if (to !== undefined) {
    otherwise = Number(to);
    for (const byte of excludedBytes(excluded ?? '')) if (!next.has(byte)) next.set(byte, 0);
  }
  states.set(Number(number), { next, otherwise });
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, e: 27, t: 9, n: 10, v: 11, f: 12, r: 13 };

function excludedBytes(set: string): number[] {
  return [...set.replace(/^\^/, '').matchAll(/\\x([0-9a-f]{1,2})|\\(.)|(.)/g)].map(([, hex, escaped, plain]) => {
    if (hex !== undefined) return Number.parseInt(hex, 16);
    if (escaped !== undefined) return ESCAPES[escaped] ?? escaped.charCodeAt(0);
    return plain?.charCodeAt(0) ?? 0;
  });
}

export function step(dfa: DumpedDfa, state: number, byte: number): number {
  const at = dfa.states.get(state);
  return at === undefined ? 0 : (at.next.get(byte) ?? at.otherwise);
}
