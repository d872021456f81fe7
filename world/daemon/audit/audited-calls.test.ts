/** Calls of one thread that two supervisor threads serve, one of which is held while the other goes on. */
import { expect, it } from 'vitest';
import { AUDIT, FIELD, LIST, OP } from '../../../linux/audit.ts';
import { taskId, tgidOf, tidOf } from '../../../linux/ids.ts';
import { syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { Audit } from '../../../lsm/framework/audit/audit.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import { TaskTable } from '../../../lsm/framework/task.ts';
import { AuditedNumbers } from '../../supervisor/protocol/audited-numbers.ts';
import type { AuditCallsHost } from './audit-calls.ts';
import { DaemonAuditedCalls } from './audited-calls.ts';

const NR = syscallNumbers(process.arch);
const TID = tidOf(7);
const SHOWN = new Set<number>([AUDIT.SYSCALL, AUDIT.ANOM_LINK, AUDIT.BPF]);

/** A rule wants calls that succeed. `caller.uid` is the caller's. */
function auditing() {
  const log: string[] = [];
  const tasks = new TaskTable();
  const host = {
    now: () => 1000,
    log: () => ({
      print: () => undefined,
      audit: (type: number, body: string) => void (SHOWN.has(type) && log.push(body)),
    }),
  };
  const audit = new Audit(host, { ticks: 100, audit: '1' }, (blob) => tasks.registerBlob(blob));
  tasks.enter(taskId(7));
  const mask = new Uint32Array(64).fill(-1);
  const fields = [{ type: FIELD.SUCCESS, op: OP.EQUAL, value: 1 }];
  const rule = { list: LIST.EXIT, prepend: false, action: 2, mask, fields, legacyLogin: false };
  audit.rules.add(rule, { parent: () => undefined, exists: () => undefined });
  const caller = { uid: 0 };
  const subject = (): RecordSubject => ({
    ...{ pid: tgidOf(7), ppid: tgidOf(1), uids: [caller.uid, 0, 0, 0], gids: [0, 0, 0, 0], tty: '(none)', comm: 'c' },
    ...{ title: 'c\0', loginuid: 0xffffffff, sessionid: 0xffffffff },
  });
  const parts = { stack: { audit, tasks }, files: { read: () => undefined }, subject };
  const calls = new DaemonAuditedCalls(parts as unknown as AuditCallsHost, new AuditedNumbers());
  const begin = (number: number): number => calls.begin({ tid: TID, number, args: [0n], names: [] }) ?? -1;
  return { log, caller, calls, begin };
}

it('each is recorded with its own result, and with its caller as that was then', () => {
  const { log, caller, calls, begin } = auditing();
  const first = begin(NR.mkdir);
  caller.uid = 1; // by the first call or another one
  const second = begin(NR.setuid);
  caller.uid = 2;
  calls.end({ id: first, tid: TID, exit: 11, names: [], ids: { uids: [2, 2, 2, 2], gids: [0, 0, 0, 0] } });
  calls.end({ id: second, tid: TID, exit: 22, names: [] });
  calls.end({ id: second, tid: TID, exit: 33, names: [] });
  expect(log.map((body) => /syscall=(\d+) .*exit=(\d+) .* uid=(\d+) /.exec(body)?.slice(1).map(Number))).toEqual([
    [NR.mkdir, 11, 1],
    [NR.setuid, 22, 2],
  ]);
});

it('calls of which nobody tells the end, as a thread has failed, are forgotten some day', () => {
  const { log, calls, begin } = auditing();
  const ids = Array.from({ length: 8193 }, () => begin(NR.mkdir));
  for (const id of [ids[0], ids[1], ids.at(-1)]) calls.end({ id: id ?? -1, tid: TID, exit: 0, names: [] });
  expect(log).toHaveLength(2);
});

it('an anomaly is told of its task, before the call', () => {
  const { log, calls, begin } = auditing();
  const details = [
    { type: AUDIT.ANOM_LINK, body: 'op=linkat' },
    { type: AUDIT.BPF, body: 'prog-id=5 op=LOAD' },
  ];
  calls.end({ id: begin(NR.linkat), tid: TID, exit: -1, names: [], details });
  expect(log[0]).toMatch(
    /^op=linkat ppid=1 pid=7 auid=4294967295 uid=0 .* tty=\(none\) ses=4294967295 comm="c" exe=\(null\) res=0$/,
  );
  expect(log[1]).toBe('prog-id=5 op=LOAD');
  expect(log[2]).toMatch(/^arch=\S+ syscall=\d+ success=no exit=-1 /);
});
