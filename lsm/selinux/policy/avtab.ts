/**
 * Access vector table: rules by (source type, target type, class).
 *
 * Model: rules are records of three numbers in one array, in file order and in the form of the image: u16 source, u16 target, u16 class,
 * u16 kind, u32 data, little-endian as the machines that have worlds are. An open-addressed hash table leads from the three key values to
 * the newest rule of a key, each rule to the one before. Kinds and data: security/selinux/ss/avtab.h.
 */

export const AVTAB_ALLOWED = 0x0001;
export const AVTAB_AUDITALLOW = 0x0002;
/** Data has a 0 bit where auditing of denials is suppressed. */
export const AVTAB_AUDITDENY = 0x0004;
export const AVTAB_TRANSITION = 0x0010;
export const AVTAB_MEMBER = 0x0020;
export const AVTAB_CHANGE = 0x0040;
export const AVTAB_XPERMS_ALLOWED = 0x0100;
export const AVTAB_XPERMS_AUDITALLOW = 0x0200;
export const AVTAB_XPERMS_DONTAUDIT = 0x0400;

/** Set in images on conditional rules that are in force; the kernel keeps its own mark there. */
export const AVTAB_ENABLED = 0x8000;

export const AVTAB_AV = AVTAB_ALLOWED | AVTAB_AUDITALLOW | AVTAB_AUDITDENY;
export const AVTAB_TYPE = AVTAB_TRANSITION | AVTAB_MEMBER | AVTAB_CHANGE;
export const AVTAB_XPERMS = AVTAB_XPERMS_ALLOWED | AVTAB_XPERMS_AUDITALLOW | AVTAB_XPERMS_DONTAUDIT;

/** Data of an extended permission rule. */
export interface ExtendedPermissions {
  /** 1 functions of one ioctl driver, 2 whole ioctl drivers, 3 netlink message types. Others are ignored by decisions. */
  readonly specified: number;
  readonly driver: number;
  /** 256 bits. */
  readonly permissions: Uint32Array;
}

/** Three values, kind, data. */
export const PLAIN_RULE_SIZE = 12;

/** What {@link AvTable.addPlain} takes. */
export interface PlainRules {
  /** Highest values. */
  readonly types: number;
  readonly classes: number;
  /** AVTAB_* bits of access vectors and types. */
  readonly kinds: number;
  /** Rules of one kind and key. */
  readonly mayRepeat: boolean;
}

/** Numbers of rules and keys, rules, ones before, slots, pairs, extended permissions. */
export type SavedRules = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

export class AvTable {
  /** {@link RECORD} numbers a rule. */
  #records: Int32Array;
  /** The one before of the same key + 1, of each rule. */
  #before: Uint32Array;
  /** Newest rule of a key + 1, 0 = free. */
  #slots: Uint32Array;
  #keys = 0;
  #length = 0;
  readonly #extended: ExtendedPermissions[] = [];
  /** 1 where some rule has the (source, class) of that hash. */
  #pairs: Uint8Array = new Uint8Array(PAIRS);

  /** `expected`: number of rules, a hint that the caller has checked against the size of its input. */
  constructor(expected: number) {
    const capacity = Math.max(16, expected);
    this.#records = new Int32Array(capacity * RECORD);
    this.#before = new Uint32Array(capacity);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
  }

  /** The table of which these are the {@link saved} arrays, which it keeps. */
  static of([meta, records, before, slots, pairs, extended]: SavedRules): AvTable {
    const table = new AvTable(0);
    [table.#length = 0, table.#keys = 0] = meta;
    table.#records = new Int32Array(records.buffer, records.byteOffset, records.length);
    table.#before = before;
    table.#slots = slots;
    table.#pairs = new Uint8Array(pairs.buffer, pairs.byteOffset, pairs.byteLength);
    for (let at = 0; at < extended.length; at += EXTENDED) {
      const [specified = 0, driver = 0] = extended.subarray(at, at + 2);
      table.#extended.push({ specified, driver, permissions: extended.subarray(at + 2, at + EXTENDED) });
    }
    return table;
  }

  saved(): SavedRules {
    const records = this.#records.subarray(0, this.#length * RECORD);
    return [
      Uint32Array.of(this.#length, this.#keys),
      new Uint32Array(records.buffer, records.byteOffset, records.length),
      this.#before.subarray(0, this.#length),
      this.#slots,
      new Uint32Array(this.#pairs.buffer),
      Uint32Array.from(this.#extended.flatMap((e) => [e.specified, e.driver, ...e.permissions])),
    ];
  }

  /** Number of rules. */
  get length(): number {
    return this.#length;
  }

  /** `false`: no rule has this source and class, whatever the target; most pairs of a type's attributes with a class have none. */
  mayHave(source: number, targetClass: number): boolean {
    return this.#pairs[pairHash(source, targetClass)] === 1;
  }

  /** First rule of a key, or -1. */
  first(source: number, target: number, targetClass: number): number {
    return (this.#slots[this.#slot(source | (target << 16), targetClass)] as number) - 1;
  }

  /** Next rule of the same key, or -1. */
  next(rule: number): number {
    return (this.#before[rule] ?? 0) - 1;
  }

  source(rule: number): number {
    return (this.#records[rule * RECORD] ?? 0) & 0xffff;
  }

  target(rule: number): number {
    return (this.#records[rule * RECORD] ?? 0) >>> 16;
  }

  targetClass(rule: number): number {
    return (this.#records[rule * RECORD + CLASS_AND_KIND] ?? 0) & 0xffff;
  }

  /** AVTAB_* bit. */
  kind(rule: number): number {
    return (this.#records[rule * RECORD + CLASS_AND_KIND] ?? 0) >>> 16;
  }

  /** Access vector, type value, or number of the extended permissions. */
  data(rule: number): number {
    return (this.#records[rule * RECORD + DATA] ?? 0) >>> 0;
  }

  /** Only for AVTAB_XPERMS rules. */
  extended(rule: number): ExtendedPermissions | undefined {
    return this.#extended[this.data(rule)];
  }

  /** First rule of exactly this kind, or -1. */
  find(source: number, target: number, targetClass: number, kind: number): number {
    let rule = this.first(source, target, targetClass);
    while (rule >= 0 && this.kind(rule) !== kind) rule = this.next(rule);
    return rule;
  }

  add(source: number, target: number, targetClass: number, kind: number, data: number | ExtendedPermissions): void {
    this.#reserve(1);
    const number = typeof data === 'number' ? data : this.#extended.push(data) - 1;
    this.#add(
      this.#slot(source | (target << 16), targetClass),
      source | (target << 16),
      targetClass | (kind << 16),
      number,
    );
  }

  /**
   * Adds rules as an image has them, up to the first that is none of `kinds`, is beyond the limits or repeats the kind of a key. A policy
   * has a hundred thousand rules and a start waits for this loop, so it works on variables of its own.
   * @param count no more than `bytes` has. @returns how many.
   */
  addPlain(bytes: Uint8Array, at: number, count: number, { types, classes, kinds, mayRepeat }: PlainRules): number {
    this.#reserve(count);
    const records = this.#records;
    const before = this.#before;
    const slots = this.#slots;
    const pairs = this.#pairs;
    const mask = slots.length - 1;
    const first = this.#length;
    const end = first + count;
    let rule = first;
    let keys = 0;
    const added = bytes.subarray(at, at + count * PLAIN_RULE_SIZE);
    new Uint8Array(records.buffer).set(added, first * PLAIN_RULE_SIZE);
    for (let record = first * RECORD; rule < end; record += RECORD) {
      const ends = records[record] as number;
      const classAndKind = (records[record + CLASS_AND_KIND] as number) & ~(AVTAB_ENABLED << 16);
      const source = ends & 0xffff;
      const target = ends >>> 16;
      const ruleClass = classAndKind & 0xffff;
      const kind = classAndKind >>> 16;
      if (source === 0 || source > types || target === 0 || target > types || ruleClass === 0 || ruleClass > classes)
        break;
      if ((kind & kinds) === 0 || (kind & (kind - 1)) !== 0) break;
      if ((kind & AVTAB_TYPE) !== 0) {
        const data = records[record + DATA] as number;
        if (data <= 0 || data > types) break;
      }
      let slot = hash(ends, ruleClass) & mask;
      let head = slots[slot] as number;
      while (head !== 0) {
        const other = (head - 1) * RECORD;
        if (records[other] === ends && ((records[other + CLASS_AND_KIND] as number) & 0xffff) === ruleClass) break;
        slot = (slot + 1) & mask;
        head = slots[slot] as number;
      }
      if (head === 0) {
        keys++;
        pairs[pairHash(source, ruleClass)] = 1;
      } else if (!mayRepeat) {
        let other = head;
        while (other !== 0 && (records[(other - 1) * RECORD + CLASS_AND_KIND] as number) >>> 16 !== kind)
          other = before[other - 1] as number;
        if (other !== 0) break;
      }
      records[record + CLASS_AND_KIND] = classAndKind;
      before[rule] = head;
      slots[slot] = ++rule;
    }
    this.#length = rule;
    this.#keys += keys;
    return rule - first;
  }

  #add(slot: number, ends: number, classAndKind: number, data: number): void {
    const head = this.#slots[slot] ?? 0;
    if (head === 0) {
      this.#keys++;
      this.#pairs[pairHash(ends & 0xffff, classAndKind & 0xffff)] = 1;
    }
    this.#records.set([ends, classAndKind, data], this.#length * RECORD);
    this.#before[this.#length] = head;
    this.#slots[slot] = ++this.#length;
  }

  /** That of a key, or a free one. */
  #slot(ends: number, targetClass: number): number {
    const records = this.#records;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash(ends, targetClass) & mask;
    for (;;) {
      const record = ((slots[slot] as number) - 1) * RECORD;
      if (record < 0) return slot;
      if (records[record] === ends && ((records[record + CLASS_AND_KIND] as number) & 0xffff) === targetClass)
        return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Room for so many more rules, at most half of the slots taken. */
  #reserve(count: number): void {
    const rules = this.#length + count;
    if (rules * RECORD > this.#records.length) {
      const records = new Int32Array(Math.max(rules * RECORD, this.#records.length * 2));
      records.set(this.#records);
      this.#records = records;
      const before = new Uint32Array(records.length / RECORD);
      before.set(this.#before);
      this.#before = before;
    }
    if ((this.#keys + count) * 2 <= this.#slots.length) return;
    const old = this.#slots;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2((this.#keys + count) * 2)));
    for (const head of old) {
      if (head === 0) continue;
      const record = (head - 1) * RECORD;
      const [ends = 0, classAndKind = 0] = this.#records.subarray(record, record + 2);
      this.#slots[this.#slot(ends, classAndKind & 0xffff)] = head;
    }
  }
}

/** Numbers of a rule: source and target (16 bits each), class and kind, data. */
const RECORD = 3;
const CLASS_AND_KIND = 1;
const DATA = 2;

/** Numbers of saved extended permissions: what is specified, driver, 256 bits. */
const EXTENDED = 2 + 8;

const PAIRS = 1 << 16;

function pairHash(source: number, targetClass: number): number {
  return (Math.imul(source, 0x9e37) ^ Math.imul(targetClass, 0x85eb)) & (PAIRS - 1);
}

/** @param ends source and target. */
function hash(ends: number, targetClass: number): number {
  let h = Math.imul(ends, 0x9e3779b1) ^ Math.imul(targetClass, 0xc2b2ae35);
  h ^= h >>> 15;
  return Math.imul(h, 0x2c1b3c6d) >>> 7;
}
