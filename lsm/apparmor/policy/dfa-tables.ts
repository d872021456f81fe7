/**
 * Reading an automaton from its serialised form: a set of big-endian tables (match.c), and the checks that make it safe
 * to walk. Returns `undefined` for whatever the kernel refuses (EPROTO). No table is made before its bytes are known to be there.
 */
import { BASE, Dfa, type DfaTables } from './dfa.ts';

const MAGIC = 0x1b5e783d;
const SET_HEADER = 16;
const TABLE_HEADER = 12;
const FLAG = { DIFFERENCE: 1, OUT_OF_BAND: 2 } as const;
const FLAGS = FLAG.DIFFERENCE | FLAG.OUT_OF_BAND;

const TABLE = { ACCEPT: 1, BASE: 2, CHECK: 3, DEFAULT: 4, CLASSES: 5, ACCEPT2: 7, NEXT: 8 } as const;

/** Bytes per element that each table must have. */
const WIDTH: ReadonlyMap<number, number> = new Map([
  [TABLE.ACCEPT, 4],
  [TABLE.BASE, 4],
  [TABLE.CHECK, 2],
  [TABLE.DEFAULT, 2],
  [TABLE.CLASSES, 1],
  [TABLE.ACCEPT2, 4],
  [TABLE.NEXT, 2],
]);

interface RawTable {
  readonly count: number;
  /** Offset of the first element. */
  readonly at: number;
}

/**
 * @param withAccept2 the accept words are permissions, in two tables; otherwise they are numbers of permissions and a
 * second table is refused.
 */
export function readDfa(blob: Uint8Array, withAccept2: boolean): Dfa | undefined {
  if (blob.length < SET_HEADER) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (view.getUint32(0) !== MAGIC) return undefined;
  const headerSize = view.getUint32(4);
  const flags = view.getUint16(12);
  if (headerSize > blob.length || (flags & ~FLAGS) !== 0) return undefined;
  const raw = findTables(view, headerSize, withAccept2);
  const tables = raw && decode(view, raw, withAccept2);
  return tables !== undefined && verified(tables, flags) ? new Dfa(tables) : undefined;
}

function findTables(view: DataView, from: number, withAccept2: boolean): ReadonlyMap<number, RawTable> | undefined {
  const found = new Map<number, RawTable>();
  for (let at = from; at < view.byteLength; ) {
    if (view.byteLength - at < TABLE_HEADER) return undefined;
    const id = view.getUint16(at);
    const width = view.getUint16(at + 2);
    const count = view.getUint32(at + 8);
    const size = Math.ceil((TABLE_HEADER + count * width) / 8) * 8;
    if (width !== WIDTH.get(id) || count === 0 || size > view.byteLength - at) return undefined;
    if (found.has(id) || (id === TABLE.ACCEPT2 && !withAccept2)) return undefined;
    found.set(id, { count, at: at + TABLE_HEADER });
    at += size;
  }
  return found;
}

function decode(view: DataView, raw: ReadonlyMap<number, RawTable>, withAccept2: boolean): DfaTables | undefined {
  const base = raw.get(TABLE.BASE);
  const defaults = raw.get(TABLE.DEFAULT);
  const next = raw.get(TABLE.NEXT);
  const check = raw.get(TABLE.CHECK);
  const accept = raw.get(TABLE.ACCEPT);
  const accept2 = raw.get(TABLE.ACCEPT2);
  const classes = raw.get(TABLE.CLASSES);
  if (!(base && defaults && next && check && accept) || (withAccept2 && !accept2)) return undefined;
  if (accept.count !== base.count || defaults.count !== base.count || (accept2 && accept2.count !== base.count)) {
    return undefined;
  }
  if (next.count !== check.count || (classes && classes.count !== 256)) return undefined;
  const words = (table: RawTable) =>
    Uint32Array.from({ length: table.count }, (_, i) => view.getUint32(table.at + 4 * i));
  const halves = (table: RawTable) =>
    Uint16Array.from({ length: table.count }, (_, i) => view.getUint16(table.at + 2 * i));
  return {
    base: words(base),
    defaults: halves(defaults),
    next: halves(next),
    check: halves(check),
    accept: words(accept),
    accept2: accept2 && words(accept2),
    classes: classes && new Uint8Array(view.buffer, view.byteOffset + classes.at, classes.count).slice(),
  };
}

/** Every link leads to a state, every entry of a state is in the tables, and chains of differences end. */
function verified({ base, defaults, next, check }: DfaTables, flags: number): boolean {
  const states = base.length;
  if (defaults.some((state) => state >= states)) return false;
  if (next.some((state) => state >= states) || check.some((state) => state >= states)) return false;
  for (const word of base) {
    const index = word & BASE.INDEX;
    if ((word & ~(BASE.INDEX | BASE.DIFFERENCE | BASE.OUT_OF_BAND)) !== 0) return false;
    if ((word & BASE.DIFFERENCE) !== 0 && (flags & FLAG.DIFFERENCE) === 0) return false;
    if ((word & BASE.OUT_OF_BAND) !== 0 && ((flags & FLAG.OUT_OF_BAND) === 0 || index < 1)) return false;
    if (index + 255 >= next.length) return false;
  }
  return chainsEnd(base, defaults);
}

function chainsEnd(base: Uint32Array, defaults: Uint16Array): boolean {
  /** Number of the walk that came through the state: 0 none. */
  const walked = new Uint32Array(base.length);
  for (let start = 0; start < base.length; start++) {
    let state = start;
    while (((base[state] ?? 0) & BASE.DIFFERENCE) !== 0 && walked[state] === 0) {
      walked[state] = start + 1;
      state = defaults[state] ?? 0;
    }
    if (((base[state] ?? 0) & BASE.DIFFERENCE) !== 0 && walked[state] === start + 1) return false;
  }
  return true;
}
