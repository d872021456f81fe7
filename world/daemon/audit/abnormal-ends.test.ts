/** What is recorded of programs that a signal ends, also when nobody could look at them any more. */
import { describe, expect, it } from 'vitest';
import { AUDIT } from '../../../linux/audit.ts';
import { taskId, tgidOf, tidOf } from '../../../linux/ids.ts';
import type { AuditEvent } from '../../../lsm/framework/audit/instance.ts';
import { AbnormalEnds } from './abnormal-ends.ts';
import type { AuditCallsHost } from './audit-calls.ts';

const [SHELL, CHILD, THREAD] = [tidOf(10), tidOf(11), tidOf(12)];
const SEGV_WITH_CORE = 11 | 0x80;
const QUIT = 3;

function setUp() {
  const state = {
    enabled: true,
    exe: new Map<number, string>(),
    uid: 7,
    heard: 0,
    records: [] as AuditEvent[],
    loginuid: 5,
  };
  const tasks = [SHELL, CHILD].map((tid) => ({ tid, process: { tgid: tgidOf(tid) } }));
  tasks.push({ tid: THREAD, process: { tgid: tgidOf(CHILD) } });
  const host = {
    stack: {
      tasks: { find: (tid: number) => tasks.find((task) => task.tid === tid), all: () => tasks },
      audit: {
        stateOf: () => ({ loginuid: state.loginuid, sessionid: 1 }),
        isEnabledFor: () => state.enabled,
        record: (event: AuditEvent) => state.records.push(event),
      },
    },
    label: () => ({ label: 'label' }),
    subject: ({ tid }: { tid: number }) => {
      const exe = state.exe.get(tid);
      if (exe === undefined) return undefined;
      const ids = [state.uid, 0, 0, 0];
      const gone = exe === '' ? {} : { exe };
      return {
        pid: tid,
        ppid: 1,
        uids: ids,
        gids: ids,
        tty: '(none)',
        comm: 'x',
        title: '',
        loginuid: 1,
        sessionid: 1,
        ...gone,
      };
    },
  } as unknown as AuditCallsHost;
  const ends = new AbnormalEnds(host, () => state.heard++);
  const texts = () => state.records.map(({ body }) => body);
  return { state, ends, texts };
}

const SEGV = 'auid=5 uid=7 gid=7 ses=1 subj=label pid=11 comm="x" exe="/bin/x" sig=11 res=1';

describe('a program that a signal ends', () => {
  it('is recorded as it was when it began, also when it is gone', () => {
    const { state, ends, texts } = setUp();
    expect(ends.any).toBe(false);
    state.exe.set(CHILD, '/bin/x');
    ends.observe({ kind: 'exec', tid: tgidOf(CHILD) });
    expect([ends.any, state.heard]).toEqual([true, 1]);
    state.exe.clear();
    ends.dumps(CHILD);
    expect(texts()).toEqual([]);
    ends.ends(CHILD, SEGV_WITH_CORE);
    expect(texts()).toEqual([SEGV]);
    expect(state.records[0]).toMatchObject({ type: AUDIT.ANOM_ABEND, alone: true, whenEnabled: true });
  });

  it('is recorded with the ids and the name that it has got since', () => {
    const { state, ends, texts } = setUp();
    state.exe.set(CHILD, '/bin/x');
    ends.observe({ kind: 'exec', tid: tgidOf(CHILD) });
    ends.changes(CHILD, tgidOf(CHILD), { uid: 1000 });
    ends.changes(CHILD, tgidOf(CHILD), { gid: 100 });
    ends.changes(CHILD, tgidOf(CHILD), { comm: 'en d' });
    ends.changes(THREAD, tgidOf(CHILD), { comm: 'thread' });
    ends.changes(tidOf(99), tgidOf(99), { comm: 'stranger' });
    ends.dumps(CHILD);
    ends.ends(CHILD, 6);
    expect(texts()).toEqual(['auid=5 uid=1000 gid=100 ses=1 subj=label pid=11 comm=656E2064 exe="/bin/x" sig=6 res=1']);
  });

  it('has what its maker had until it executes, and then what the event of that says', () => {
    const { state, ends, texts } = setUp();
    state.exe.set(SHELL, '/bin/sh');
    ends.learnAll();
    state.exe.clear();
    ends.observe({ kind: 'fork', parent: SHELL, child: taskId(CHILD) });
    const die = (): void => {
      ends.dumps(CHILD);
      ends.ends(CHILD, 6);
    };
    die();
    ends.observe({ kind: 'exec', tid: tgidOf(CHILD), file: { path: '/opt/a-very-long-program' } });
    die();
    ends.observe({ kind: 'exec', tid: tgidOf(CHILD) });
    die();
    expect(texts().map((text) => text.slice(text.indexOf('pid')))).toEqual([
      'pid=11 comm="x" exe="/bin/sh" sig=6 res=1',
      'pid=11 comm="a-very-long-pro" exe="/opt/a-very-long-program" sig=6 res=1',
      'pid=11 comm="" exe=(null) sig=6 res=1',
    ]);
  });

  it('is not recorded for SIGQUIT, twice, or where audit is off', () => {
    const { state, ends, texts } = setUp();
    state.exe.set(CHILD, '/bin/x');
    ends.dumps(CHILD);
    ends.ends(CHILD, QUIT);
    ends.ends(CHILD, SEGV_WITH_CORE);
    state.enabled = false;
    ends.dumps(CHILD);
    ends.ends(CHILD, SEGV_WITH_CORE);
    expect(texts()).toEqual([]);
  });

  it.each<[string, (ends: AbnormalEnds) => void]>([
    ['has ended', (ends) => ends.observe({ kind: 'exit', tid: THREAD })],
    ['was another program', (ends) => ends.observe({ kind: 'exec', tid: tgidOf(CHILD) })],
    ['was in a process that is gone', (ends) => ends.forget(tgidOf(CHILD))],
  ])('does not have the name of a thread that %s', (_title, end) => {
    const { state, ends, texts } = setUp();
    const begin = (): void => ends.observe({ kind: 'exec', tid: tgidOf(CHILD) });
    const die = (): void => {
      ends.dumps(THREAD);
      ends.ends(THREAD, 6);
    };
    state.exe.set(CHILD, '/bin/x');
    begin();
    for (const next of [die, () => end(ends)]) {
      ends.changes(THREAD, tgidOf(CHILD), { comm: 'thread' });
      next();
    }
    if (!ends.any) begin();
    die();
    expect(texts().map((text) => /comm="\w+"/.exec(text)?.[0])).toEqual(['comm="thread"', 'comm="x"']);
  });

  it('leaves nothing behind', () => {
    const { state, ends, texts } = setUp();
    state.exe.set(CHILD, '/bin/x');
    ends.observe({ kind: 'exec', tid: tgidOf(CHILD) });
    ends.forget(tgidOf(CHILD));
    state.exe.clear();
    ends.dumps(CHILD);
    ends.ends(CHILD, SEGV_WITH_CORE);
    expect([texts(), ends.any]).toEqual([[], false]);
  });
});
