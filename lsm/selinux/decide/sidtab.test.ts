import { expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';
import { type PolicyDb, parsePolicy, type Sid, sidOf } from '../policy/index.ts';
import { formatContext, parseContext, SID } from './index.ts';
import { SidTable } from './sidtab.ts';

function database(name: string, rename: readonly [string, string] = ['', '']): PolicyDb {
  const image = Buffer.from(policyImage(name)).toString('latin1');
  const changed = rename[0] === '' ? image : image.replaceAll(rename[0], rename[1]);
  const db = parsePolicy(Buffer.from(changed, 'latin1'), 33);
  if (failed(db)) throw new Error(db.code);
  return db;
}

function intern(table: SidTable, db: PolicyDb, text: string): Sid {
  const context = parseContext(db, text);
  if (failed(context)) throw new Error(`${text}: ${context.code}`);
  return table.intern(context);
}

const LOG = { print: () => {}, audit: () => {} };

it('of several initial SIDs with one context the preferred one is kept', () => {
  const db = database('mini.33');
  const table = new SidTable(db);
  const context = table.context(SID.init);
  if (context === undefined) throw new Error('no init context');
  expect(table.intern(context)).toBe(SID.kernel);
  expect(table.intern(context, [SID.unlabeled, SID.init])).toBe(SID.init);
});

it('initial SIDs have fixed numbers, other contexts the next one, and the same context the same', () => {
  const db = database('mini.33');
  const table = new SidTable(db);
  expect(intern(table, db, 'msys_u:msys_r:mkern_t:s0')).toBe(SID.kernel);
  const first = intern(table, db, 'msys_u:msys_r:mapp_t:s0:c1');
  expect(first).toBe(28);
  expect(intern(table, db, 'msys_u:msys_r:mapp_t:s0:c1')).toBe(28);
  expect(intern(table, db, 'msys_u:msys_r:mapp_t:s1')).toBe(29);
  expect(table.count).toBe(2);
});

it('an unknown SID and a raw text count as unlabeled', () => {
  const db = database('mini.33');
  const table = new SidTable(db);
  const unlabeled = table.context(SID.unlabeled);
  const raw = table.internRaw('bad');
  expect(table.internRaw('bad')).toBe(raw);
  expect(table.context(raw)).toBe(unlabeled);
  expect(table.raw(raw)).toBe('bad');
  expect(table.context(sidOf(999))).toBe(unlabeled);
  expect(table.raw(SID.kernel)).toBeUndefined();
});

it('a load that does not know a context keeps its text until one does', () => {
  const db = database('mini.33');
  const other = database('mini.33', ['mapp_t', 'mopp_t']);
  const lines: string[] = [];
  const log = { ...LOG, print: (line: string) => lines.push(line) };
  const table = new SidTable(db);
  const sid = intern(table, db, 'msys_u:msys_r:mapp_t:s0:c1');
  const raw = table.internRaw('msys_u:msys_r:mopp_t:s0');

  const away = table.convert(other, true, log);
  expect(away.raw(sid)).toBe('msys_u:msys_r:mapp_t:s0:c1');
  expect(away.context(sid)).toBe(away.context(SID.unlabeled));
  expect(away.raw(raw)).toBeUndefined();

  const back = away.convert(db, true, log);
  const context = back.context(sid);
  expect(context && formatContext(db, context)).toBe('msys_u:msys_r:mapp_t:s0:c1');
  expect(lines).toEqual([
    'SELinux:  Converting 2 SID table entries...',
    'SELinux:  Context msys_u:msys_r:mapp_t:s0:c1 became invalid (unmapped).',
    'SELinux:  Context msys_u:msys_r:mopp_t:s0 became valid (mapped).',
    'SELinux:  Converting 2 SID table entries...',
    'SELinux:  Context msys_u:msys_r:mapp_t:s0:c1 became valid (mapped).',
    'SELinux:  Context msys_u:msys_r:mopp_t:s0 became invalid (unmapped).',
  ]);
});
