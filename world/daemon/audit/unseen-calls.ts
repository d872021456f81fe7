/**
 * Says, once for each, which calls that rules of audit name are not seen in this world: a filter is made before there are rules,
 * and calls that are not notified leave no record (docs/guides/audit.md).
 */
import { ALWAYS, FIELD } from '../../../linux/audit.ts';
import { auditArch, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { inMask } from '../../../lsm/framework/audit/call-match.ts';
import { permissionClasses } from '../../../lsm/framework/audit/permission-classes.ts';
import type { AuditRule } from '../../../lsm/framework/audit/rule.ts';

/** System call numbers. */
export interface SeenCalls {
  /** All of these calls are seen. */
  readonly all: ReadonlySet<number>;
  /** Those with some arguments are. */
  readonly some: ReadonlySet<number>;
  /** All of them would be with --audit-calls. */
  readonly onDemand: ReadonlySet<number>;
}

/** Of so many the names are told. */
const TOLD = 8;
/** A mask has bits for so many numbers. */
const NUMBERS = 2048;
/** Words of a mask that a rule about all calls fills; the last one is of classes of calls. */
const CALL_WORDS = 63;

export class UnseenCalls {
  readonly #say: (text: string) => void;
  readonly #arch = auditArch(process.arch);
  readonly #names = new Map(Object.entries(syscallNumbers(process.arch)).map(([name, number]) => [number, name]));
  readonly #said = new Set<number>();
  /** Rules are looked at once, however many others come. */
  readonly #checked = new WeakSet<AuditRule>();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** To be called when rules have changed. @param rules of all audits of the world that are on. */
  check(rules: readonly AuditRule[], { all, some, onDemand }: SeenCalls): void {
    const added = rules.filter((rule) => rule.action === ALWAYS && !this.#checked.has(rule));
    for (const rule of added) this.#checked.add(rule);
    const named = new Set(added.flatMap((rule) => this.#namedBy(rule)));
    const fresh = [...named].filter((number) => !all.has(number) && !this.#said.has(number));
    for (const number of fresh) this.#said.add(number);
    const demanded = fresh.filter((number) => onDemand.has(number));
    const others = fresh.filter((number) => !onDemand.has(number));
    const told = [
      ['none of', others.filter((number) => !some.has(number))],
      ['only some of', others.filter((number) => some.has(number))],
      ['only with --audit-calls', demanded],
    ] as const;
    const parts = told.flatMap(([how, numbers]) => (numbers.length === 0 ? [] : [`${how} ${this.#list(numbers)}`]));
    if (parts.length > 0) this.#say(`rules of audit see ${parts.join(', ')}`);
  }

  /** Of a rule about all calls, or about what is done to files, those that it can be about and that we know. */
  #namedBy({ mask, fields }: AuditRule): number[] {
    if (fields.some(({ type, value }) => type === FIELD.ARCH && Number(value) !== this.#arch)) return [];
    const permissions = fields.find(({ type }) => type === FIELD.PERM);
    const classes = permissions && permissionClasses(this.#arch);
    const isAll = mask.subarray(0, CALL_WORDS).every((word) => word === 0xffff_ffff);
    const candidates = isAll ? [...this.#names.keys()] : Array.from({ length: NUMBERS }, (_, number) => number);
    return candidates.filter(
      (number) =>
        number >= 0 &&
        inMask(mask, number) &&
        (classes === undefined || classes.mayMatch(number, Number(permissions?.value))),
    );
  }

  #list(numbers: readonly number[]): string {
    const names = numbers.slice(0, TOLD).map((number) => this.#names.get(number) ?? `call ${number}`);
    return numbers.length > TOLD ? `${names.join(', ')} and ${numbers.length - TOLD} more` : names.join(', ');
  }
}
