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
  for (let i = 0; i < count; ) {
    i += readPlainRules(reader, tables, table, count - i);
    if (i === count) break;
    const { source, target, class: ruleClass, kind, data } = readRule(reader, tables, version);
    if (typeof data !== 'number') table.add(source, target, ruleClass, kind, data);
    else if (!table.addUnless(kind, source, target, ruleClass, kind, data)) reject(E.EEXIST);
    i++;
  }
  return table;
}

/**
 * Rules without extended permissions, up to the first other one, or one that may have to be refused: a policy has a hundred thousand of
 * them, and a start waits for this loop. @returns how many.
 */
function readPlainRules(reader: Reader, tables: RuleTables, table: AvTable, count: number): number {
  const { bytes } = reader;
  const types = tables.types.maximum;
  const classes = tables.classes.maximum;
  const last = bytes.length - MIN_ITEM_SIZE;
  let at = reader.position;
  let rules = 0;
  for (; rules < count && at <= last; rules++, at += MIN_ITEM_SIZE) {
    const source = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const target = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
    const ruleClass = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
    const kind = ((bytes[at + 6] as number) | ((bytes[at + 7] as number) << 8)) & ~AVTAB_ENABLED;
    if (source === 0 || source > types || target === 0 || target > types || ruleClass === 0 || ruleClass > classes)
      break;
    if ((kind & (AVTAB_AV | AVTAB_TYPE)) === 0 || (kind & (kind - 1)) !== 0) break;
    const data =
      (bytes[at + 8] as number) |
      ((bytes[at + 9] as number) << 8) |
      ((bytes[at + 10] as number) << 16) |
      ((bytes[at + 11] as number) << 24);
    if ((kind & AVTAB_TYPE) !== 0 && (data <= 0 || data > types)) break;
    if (!table.addUnless(kind, source, target, ruleClass, kind, data)) break;
  }
  reader.position = at;
  return rules;
}

function readExtended(reader: Reader): ExtendedPermissions {
  const specified = reader.u8();
  const driver = reader.u8();
  const permissions = new Uint32Array(8);
  for (let i = 0; i < 8; i++) permissions[i] = reader.u32();
  return { specified, driver, permissions };
}
