/**
 * The rules that are in force, by list.
 *
 * Model: audit_add_rule() and audit_del_rule() of kernel/auditfilter.c. A rule that is to be put in front is never
 * equal to one that is there.
 */

import { LIST } from '../../../linux/audit.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { AuditRule, RulePaths } from './rule.ts';

/** Rules of these lists do not make system calls be looked at. */
const NOT_COUNTED: readonly number[] = [LIST.USER, LIST.EXCLUDE, LIST.FS];
const LISTS = 8;

export class RuleSet {
  readonly #lists: AuditRule[][] = Array.from({ length: LISTS }, () => []);
  #counted = 0;

  /** There are rules for system calls or tasks. */
  get any(): boolean {
    return this.#counted > 0;
  }

  list(number: number): readonly AuditRule[] {
    return this.#lists[number] ?? [];
  }

  /** In the order in which they are listed. */
  all(): AuditRule[] {
    return this.#lists.flat();
  }

  /** @returns a function that brings these rules back. */
  remember(): () => void {
    const lists = this.#lists.map((list) => [...list]);
    const counted = this.#counted;
    return () => {
      for (const [index, list] of this.#lists.entries()) list.splice(0, list.length, ...(lists[index] ?? []));
      this.#counted = counted;
    };
  }

  add(rule: AuditRule, paths: RulePaths): Errno | undefined {
    const list = this.#lists[rule.list] ?? [];
    if (list.some((known) => equal(known, rule))) return E.EEXIST;
    const refused =
      rule.watch !== undefined
        ? paths.parent(rule.watch)
        : rule.directory !== undefined
          ? paths.exists(rule.directory)
          : undefined;
    if (refused !== undefined) return refused;
    const path = rule.watch ?? rule.directory;
    const place = path === undefined ? undefined : paths.place?.(path);
    const added = { ...rule, prepend: false, ...(place && { place }) };
    if (rule.prepend) list.unshift(added);
    else list.push(added);
    if (!NOT_COUNTED.includes(rule.list)) this.#counted++;
    return undefined;
  }

  remove(rule: AuditRule): Errno | undefined {
    const list = this.#lists[rule.list] ?? [];
    const index = list.findIndex((known) => equal(known, rule));
    if (index < 0) return E.ENOENT;
    list.splice(index, 1);
    if (!NOT_COUNTED.includes(rule.list)) this.#counted--;
    return undefined;
  }
}

/** audit_compare_rule() */
function equal(a: AuditRule, b: AuditRule): boolean {
  return (
    a.prepend === b.prepend &&
    a.legacyLogin === b.legacyLogin &&
    a.list === b.list &&
    a.action === b.action &&
    a.fields.length === b.fields.length &&
    a.fields.every((field, index) => {
      const other = b.fields[index];
      return field.type === other?.type && field.op === other.op && field.value === other.value;
    }) &&
    a.mask.every((word, index) => word === b.mask[index])
  );
}
