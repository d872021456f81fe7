/**
 * The system calls that audit rules of a world name, as its supervisor threads see it without asking.
 *
 * Model: words of memory that the daemon's main thread and the supervisor threads share: a version, and a bit for each system
 * call number, as in struct audit_rule_data. A call without its bit costs one look.
 */
import { ALWAYS, FIELD } from '../../../linux/audit.ts';
import { permissionClasses } from '../../../lsm/framework/audit/permission-classes.ts';
import type { AuditRule } from '../../../lsm/framework/audit/rule.ts';

const VERSION = 0;
const MASK = 1;
const MASK_WORDS = 64;

export class AuditedNumbers {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer((MASK + MASK_WORDS) * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** Moves with each change of the rules. */
  get version(): number {
    return Atomics.load(this.#words, VERSION);
  }

  has(number: number): boolean {
    const word = number >>> 5;
    return word < MASK_WORDS && ((Atomics.load(this.#words, MASK + word) >>> (number & 31)) & 1) === 1;
  }

  /** Is there any? */
  get any(): boolean {
    for (let word = 0; word < MASK_WORDS; word++) if (Atomics.load(this.#words, MASK + word) !== 0) return true;
    return false;
  }

  /** @param arch AUDIT_ARCH_* of the calls. */
  publish(rules: readonly AuditRule[], arch: number): void {
    const mask = new Int32Array(MASK_WORDS);
    for (const rule of rules) addRule(mask, rule, arch);
    mask.forEach((word, index) => {
      Atomics.store(this.#words, MASK + index, word);
    });
    Atomics.add(this.#words, VERSION, 1);
  }
}

function addRule(mask: Int32Array, { action, fields, mask: named }: AuditRule, arch: number): void {
  if (action !== ALWAYS || fields.some(({ type, value }) => type === FIELD.ARCH && Number(value) !== arch)) return;
  const permissions = fields.find(({ type }) => type === FIELD.PERM);
  const classes = permissions && permissionClasses(arch);
  for (let number = 0; number < 32 * MASK_WORDS; number++) {
    const word = number >>> 5;
    if ((((named[word] ?? 0) >>> (number & 31)) & 1) === 0) continue;
    if (classes !== undefined && !classes.mayMatch(number, Number(permissions?.value))) continue;
    mask[word] = (mask[word] ?? 0) | (1 << (number & 31));
  }
}
