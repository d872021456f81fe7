/**
 * Reading access vector items: the unconditional table, and one item of a conditional list.
 */
import { E } from '../../../linux/errno.ts';
import {
  AVTAB_AV,
  AVTAB_ENABLED,
  AVTAB_TYPE,
  AVTAB_XPERMS,
  AvTable,
  type ExtendedPermissions,
  PLAIN_RULE_SIZE,
  type PlainRules,
} from './avtab.ts';
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

/** Rules that are added at once: a function that is called often is soon compiled, for the short lists of conditions, too. */
const CHUNK = 256;

const UNCONDITIONAL = { kinds: AVTAB_AV | AVTAB_TYPE, mayRepeat: false };

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
  const table = new AvTable(Math.min(count, Math.floor(reader.remaining / PLAIN_RULE_SIZE)));
  for (let i = 0; i < count; ) {
    const plain = readPlainRules(reader, tables, table, count - i, UNCONDITIONAL);
    i += plain;
    if (i === count) break;
    if (plain === CHUNK) continue;
    const { source, target, class: ruleClass, kind, data } = readRule(reader, tables, version);
    if (typeof data === 'number') reject(E.EEXIST);
    table.add(source, target, ruleClass, kind, data);
    i++;
  }
  return table;
}

/** Adds rules without extended permissions, up to the first other one, or one that may have to be refused. @returns how many. */
export function readPlainRules(
  reader: Reader,
  { types, classes }: RuleTables,
  table: AvTable,
  count: number,
  kinds: Pick<PlainRules, 'kinds' | 'mayRepeat'>,
): number {
  const present = Math.min(count, CHUNK, Math.floor(reader.remaining / PLAIN_RULE_SIZE));
  const limits = { types: types.maximum, classes: classes.maximum, ...kinds };
  const rules = table.addPlain(reader.bytes, reader.position, present, limits);
  reader.position += rules * PLAIN_RULE_SIZE;
  return rules;
}

function readExtended(reader: Reader): ExtendedPermissions {
  const specified = reader.u8();
  const driver = reader.u8();
  const permissions = new Uint32Array(8);
  for (let i = 0; i < 8; i++) permissions[i] = reader.u32();
  return { specified, driver, permissions };
}
