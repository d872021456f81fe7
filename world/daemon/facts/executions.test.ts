import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { AnnouncedPrograms } from './executions.ts';

it('an exec event is about the file of the last call, once', () => {
  const executions = new AnnouncedPrograms();
  executions.expect(tgidOf(7), { path: '/failed' });
  const program = { path: '/bin/x', inode: inodeFacts({ uid: 5 }) };
  executions.expect(tgidOf(7), program);
  executions.expect(tgidOf(8), { path: '/other' });
  const event = { kind: 'exec', tid: tgidOf(7), formerTid: tidOf(9), file: { path: '/usr/bin/interpreter' } } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: program });
  expect(executions.complete(event)).toEqual(event);
  executions.complete({ kind: 'exit', tid: tidOf(8) });
  expect(executions.complete({ kind: 'exec', tid: tgidOf(8) })).toEqual({ kind: 'exec', tid: tgidOf(8) });
});

it('a call that was held is announced again, with what it inherits, when another thread has made one meanwhile', () => {
  const executions = new AnnouncedPrograms();
  const facts = { filename: '/held', deleted: false, disconnected: false, nosuid: false, noNewPrivs: false, fsuid: 0 };
  const held = { path: '/held', call: { ...facts, interpreters: [] } };
  executions.expect(tgidOf(7), held);
  const again = executions.again(tgidOf(7));
  executions.inherits(tgidOf(7), []);
  executions.expect(tgidOf(7), { path: '/other' });
  again();
  const event = { kind: 'exec', tid: tgidOf(7) } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: { ...held, call: { ...held.call, inherited: [] } } });
  executions.again(tgidOf(9))();
  expect(executions.expects(tgidOf(9))).toBe(false);
});
