/**
 * Reading access vector items: the unconditional table, and one item of a conditional list.
 */
import { E } from '../../../linux/errno.ts';
import { AVTAB_AV, AVTAB_ENABLED, AVTAB_TYPE, AVTAB_XPERMS, AvTable, type ExtendedPermissions } from './avtab.ts';
import type { SymbolTables } from './datums.ts';
import { type Reader, reject, require } from './reader.ts';

export interface RuleItem {
  readonly source: number;
  readonly target: number;
  readonly class: number;
  readonly kind: number;
  readonly data: number | ExtendedPermissions;
}

export type RuleTables = Pick<SymbolTables, 'types' | 'classes'>;

const VERSION_XPERMS = 30;
/** Smallest item: three values, kind, data. */
const MIN_ITEM_SIZE = 12;

/** u16 source, u16 target, u16 class, u16 kind, data. */
export function readRule(reader: Reader, tables: RuleTables, version: number): RuleItem {
  const source = reader.u16();
  const target = reader.u16();
  const ruleClass = reader.u16();
  const kind = reader.u16() & ~AVTAB_ENABLED;
  require(source > 0 && source <= tables.types.maximum && target > 0 && target <= tables.types.maximum);
  require(ruleClass > 0 && ruleClass <= tables.classes.maximum);
  require((kind & (AVTAB_AV | AVTAB_TYPE | AVTAB_XPERMS)) !== 0 && (kind & (kind - 1)) === 0); // one known bit
  if ((kind & AVTAB_XPERMS) !== 0) {
    require(version >= VERSION_XPERMS);
    return { source, target, class: ruleClass, kind, data: readExtended(reader) };
  }
  const data = reader.u32();
  if ((kind & AVTAB_TYPE) !== 0) require(data > 0 && data <= tables.types.maximum);
  return { source, target, class: ruleClass, kind, data };
}

/** u32 number of items, items. A key has one rule of each kind; extended permissions may repeat. */
export function readRules(reader: Reader, tables: RuleTables, version: number): AvTable {
  const count = reader.u32();
  require(count > 0);
  const table = new AvTable(Math.min(count, Math.floor(reader.remaining / MIN_ITEM_SIZE)));
  for (let i = 0; i < count; i++) {
    const rule = readRule(reader, tables, version);
    if ((rule.kind & AVTAB_XPERMS) === 0 && table.find(rule.source, rule.target, rule.class, rule.kind) >= 0) {
      reject(E.EEXIST);
    }
    table.add(rule.source, rule.target, rule.class, rule.kind, rule.data);
  }
  return table;
}

function readExtended(reader: Reader): ExtendedPermissions {
  const specified = reader.u8();
  const driver = reader.u8();
  const permissions = new Uint32Array(8);
  for (let i = 0; i < 8; i++) permissions[i] = reader.u32();
  return { specified, driver, permissions };
}
