import { expect, it } from 'vitest';
import { translateRecord } from './translate.ts';

const view = { pid: (pid: number) => pid - 100, uid: (uid: number) => uid - 1000, gid: () => 65534 };

it('gives numbers of processes and users as they are inside, and nothing else', () => {
  expect(translateRecord('pid=107 uid=1000 auid=4294967295 ses=7 gid=5 ppid=101', view)).toBe(
    'pid=7 uid=0 auid=4294967295 ses=7 gid=65534 ppid=1',
  );
  expect(translateRecord(" ppid=101 msg='op=x pid=107 uid=1000'", view)).toBe(" ppid=1 msg='op=x pid=107 uid=1000'");
  expect(translateRecord('comm="pid=107" exit=107 op=set opid=107 contid=107', view)).toBe(
    'comm="pid=107" exit=107 op=set opid=7 contid=107',
  );
});
