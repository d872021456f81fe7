/**
 * Access vector table: rules by (source type, target type, class).
 *
 * Model: rules are records in typed arrays, numbered in file order. The three key values are interned in an
 * open-addressed hash table; each key heads a chain of its rules, newest first. Kinds and data:
 * security/selinux/ss/avtab.h.
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

export class AvTable {
  /** Key slots; `heads[slot]` is record + 1, 0 = free. */
  #sources: Uint16Array;
  #targets: Uint16Array;
  #classes: Uint16Array;
  #heads: Uint32Array;
  #mask: number;
  #keys = 0;
  #kinds: Uint16Array;
  #data: Uint32Array;
  #next: Uint32Array;
  #length = 0;
  readonly #extended: ExtendedPermissions[] = [];
  /** 1 where some rule has the (source, class) of that hash. */
  readonly #pairs = new Uint8Array(PAIRS);

  /** `expected`: number of rules, a hint that the caller has checked against the size of its input. */
  constructor(expected: number) {
    const capacity = Math.max(16, expected);
    const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#sources = new Uint16Array(slots);
    this.#targets = new Uint16Array(slots);
    this.#classes = new Uint16Array(slots);
    this.#heads = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#kinds = new Uint16Array(capacity);
    this.#data = new Uint32Array(capacity);
    this.#next = new Uint32Array(capacity);
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
    const sources = this.#sources;
    const targets = this.#targets;
    const classes = this.#classes;
    const heads = this.#heads;
    const mask = this.#mask;
    let slot = hash(source, target, targetClass) & mask;
    for (;;) {
      const head = heads[slot] ?? 0;
      if (head === 0) return -1;
      if (sources[slot] === source && targets[slot] === target && classes[slot] === targetClass) return head - 1;
      slot = (slot + 1) & mask;
    }
  }

  /** Next rule of the same key, or -1. */
  next(rule: number): number {
    return (this.#next[rule] ?? 0) - 1;
  }

  /** AVTAB_* bit. */
  kind(rule: number): number {
    return this.#kinds[rule] ?? 0;
  }

  /** Access vector, type value, or number of the extended permissions. */
  data(rule: number): number {
    return this.#data[rule] ?? 0;
  }

  /** Only for AVTAB_XPERMS rules. */
  extended(rule: number): ExtendedPermissions | undefined {
    return this.#extended[this.data(rule)];
  }

  /** First rule of exactly this kind, or -1. */
  find(source: number, target: number, targetClass: number, kind: number): number {
    let rule = this.first(source, target, targetClass);
    while (rule >= 0 && this.#kinds[rule] !== kind) rule = this.next(rule);
    return rule;
  }

  add(source: number, target: number, targetClass: number, kind: number, data: number | ExtendedPermissions): void {
    this.addUnless(
      0,
      source,
      target,
      targetClass,
      kind,
      typeof data === 'number' ? data : this.#extended.push(data) - 1,
    );
  }

  /**
   * Adds a rule whose data is a number unless its key has one of the kinds `taken`.
   * @returns whether it was added.
   */
  addUnless(taken: number, source: number, target: number, targetClass: number, kind: number, data: number): boolean {
    if (this.#length === this.#kinds.length) this.#growRules();
    if (this.#keys * 2 > this.#mask) this.#growKeys();
    const slot = this.#slot(source, target, targetClass);
    const head = this.#heads[slot] ?? 0;
    for (let other = head; other !== 0; other = this.#next[other - 1] ?? 0) {
      if (((this.#kinds[other - 1] ?? 0) & taken) !== 0) return false;
    }
    const rule = this.#length++;
    if (head === 0) {
      this.#keys++;
      this.#sources[slot] = source;
      this.#targets[slot] = target;
      this.#classes[slot] = targetClass;
      this.#pairs[pairHash(source, targetClass)] = 1;
    }
    this.#heads[slot] = rule + 1;
    this.#next[rule] = head;
    this.#kinds[rule] = kind;
    this.#data[rule] = data;
    return true;
  }

  #slot(source: number, target: number, targetClass: number): number {
    let slot = hash(source, target, targetClass) & this.#mask;
    while (
      this.#heads[slot] !== 0 &&
      (this.#sources[slot] !== source || this.#targets[slot] !== target || this.#classes[slot] !== targetClass)
    ) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #growRules(): void {
    const capacity = this.#kinds.length * 2;
    const kinds = new Uint16Array(capacity);
    const data = new Uint32Array(capacity);
    const next = new Uint32Array(capacity);
    kinds.set(this.#kinds);
    data.set(this.#data);
    next.set(this.#next);
    this.#kinds = kinds;
    this.#data = data;
    this.#next = next;
  }

  #growKeys(): void {
    const [sources, targets, classes, heads] = [this.#sources, this.#targets, this.#classes, this.#heads];
    const slots = heads.length * 2;
    this.#sources = new Uint16Array(slots);
    this.#targets = new Uint16Array(slots);
    this.#classes = new Uint16Array(slots);
    this.#heads = new Uint32Array(slots);
    this.#mask = slots - 1;
    for (let old = 0; old < heads.length; old++) {
      const head = heads[old] ?? 0;
      if (head === 0) continue;
      const slot = this.#slot(sources[old] ?? 0, targets[old] ?? 0, classes[old] ?? 0);
      this.#sources[slot] = sources[old] ?? 0;
      this.#targets[slot] = targets[old] ?? 0;
      this.#classes[slot] = classes[old] ?? 0;
      this.#heads[slot] = head;
    }
  }
}

const PAIRS = 1 << 16;

function pairHash(source: number, targetClass: number): number {
  return (Math.imul(source, 0x9e37) ^ Math.imul(targetClass, 0x85eb)) & (PAIRS - 1);
}

/** Mixes three 16-bit values. */
function hash(source: number, target: number, targetClass: number): number {
  let h = Math.imul(source, 0x9e3779b1) ^ Math.imul(target, 0x85ebca6b) ^ Math.imul(targetClass, 0xc2b2ae35);
  h ^= h >>> 15;
  return Math.imul(h, 0x2c1b3c6d) >>> 7;
}
