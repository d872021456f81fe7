/**
 * All rules about two contexts and a class: rules name types or attributes, so every attribute of the one type is
 * paired with every attribute of the other. For the readers that want to know which rule it was; the access decision
 * has the same loop unrolled (access.ts), since it is what a world does most.
 */
import type { AvTable } from '../policy/avtab.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';

/** `sourceType`, `targetType`: as the rule names them, types or attributes. */
export type VisitRule = (table: AvTable, rule: number, sourceType: number, targetType: number) => void;

/** Unconditional rules and all conditional ones, in force or not. */
export function visitRules(db: PolicyDb, source: Context, target: Context, classValue: number, visit: VisitRule): void {
  const tables = [db.rules, db.conditionalRules];
  for (const sourceType of db.typeAttributes.of(source.type)) {
    for (const targetType of db.typeAttributes.of(target.type)) {
      for (const table of tables) {
        let rule = table.first(sourceType, targetType, classValue);
        for (; rule >= 0; rule = table.next(rule)) visit(table, rule, sourceType, targetType);
      }
    }
  }
}
