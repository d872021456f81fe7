/**
 * The labels that were ever named: each has a number, a mapping to CIPSO and the rules whose subject it is. They are never forgotten.
 */
import { type Secid, secidOf } from '../../framework/labels/secid.ts';
import { RuleList } from '../decide/access.ts';
import { isShort, SPECIAL } from './label.ts';

/** The labels from boot in the order in which they are made, with their numbers. */
const BUILT_IN: readonly (readonly [name: string, secid: number])[] = [
  [SPECIAL.huh, 2],
  [SPECIAL.hat, 3],
  [SPECIAL.star, 4],
  [SPECIAL.floor, 5],
  [SPECIAL.web, 7],
];
const FIRST_SECID = 10;
const MOST_BY_USERS = 65_536;

/** A CIPSO level with categories, 1 to 184, in ascending order. */
export interface CipsoMapping {
  readonly level: number;
  readonly categories: readonly number[];
}

export class KnownLabel {
  readonly name: string;
  readonly secid: Secid;
  readonly rules = new RuleList();
  cipso: CipsoMapping;

  constructor(name: string, secid: Secid, cipso: CipsoMapping) {
    this.name = name;
    this.secid = secid;
    this.cipso = cipso;
  }
}

/** Levels of labels that were not mapped by hand: `direct` for short ones, `mapped` for long ones. */
export interface AutomaticLevels {
  direct: number;
  mapped: number;
}

export class KnownLabels {
  readonly levels: AutomaticLevels = { direct: 250, mapped: 251 };
  readonly #byName = new Map<string, KnownLabel>();
  readonly #bySecid = new Map<Secid, KnownLabel>();
  #nextSecid = FIRST_SECID;

  constructor() {
    for (const [name, secid] of BUILT_IN) this.#add(name, secidOf(secid));
  }

  /** Labels are kept for ever, so who has no privilege may not make more of them: a deviation from the kernel, which has no limit. */
  get full(): boolean {
    return this.#byName.size >= MOST_BY_USERS;
  }

  find(name: string): KnownLabel | undefined {
    return this.#byName.get(name);
  }

  bySecid(secid: Secid): KnownLabel | undefined {
    return this.#bySecid.get(secid);
  }

  /** @param name a valid label. */
  import(name: string): KnownLabel {
    return this.#byName.get(name) ?? this.#add(name, secidOf(this.#nextSecid++));
  }

  /** @returns a function that brings rules and mappings back; labels made since lose theirs. */
  remember(): () => void {
    const levels = { ...this.levels };
    const noted = new Map(
      [...this.#byName.values()].map((label) => [label, [label.rules.remember(), label.cipso]] as const),
    );
    return () => {
      Object.assign(this.levels, levels);
      for (const label of this.#byName.values()) {
        const [rules, cipso] = noted.get(label) ?? [
          () => label.rules.clear(),
          this.#automatic(label.name, label.secid),
        ];
        rules();
        label.cipso = cipso;
      }
    };
  }

  newestFirst(): KnownLabel[] {
    return [...this.#byName.values()].reverse();
  }

  /** Labels at the old level follow, however they came there. */
  setLevel(kind: keyof AutomaticLevels, level: number): void {
    const old = this.levels[kind];
    for (const label of this.#byName.values()) {
      if (label.cipso.level === old) label.cipso = { ...label.cipso, level };
    }
    this.levels[kind] = level;
  }

  #add(name: string, secid: Secid): KnownLabel {
    const label = new KnownLabel(name, secid, this.#automatic(name, secid));
    this.#byName.set(name, label);
    this.#bySecid.set(secid, label);
    return label;
  }

  /** smack_populate_secattr(): the bits of the name, or of the number in little-endian order, are the categories. */
  #automatic(name: string, secid: Secid): CipsoMapping {
    if (isShort(name)) return { level: this.levels.direct, categories: setBits(Buffer.from(name, 'latin1')) };
    const number = Buffer.alloc(4);
    number.writeUInt32LE(secid);
    return { level: this.levels.mapped, categories: setBits(number) };
  }
}

/** Numbers of the bits that are set, from 1, the most significant of each byte first. */
function setBits(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte, index) =>
    [1, 2, 3, 4, 5, 6, 7, 8].filter((bit) => (byte & (0x100 >> bit)) !== 0).map((bit) => 8 * index + bit),
  );
}
