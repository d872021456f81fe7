import { expect, it } from 'vitest';
import { AnnouncedPrograms } from './executions.ts';

it('an exec event is about the file of the last call, once', () => {
  const executions = new AnnouncedPrograms();
  executions.expect(7, { path: '/failed' });
  executions.expect(7, { path: '/bin/x', nosuid: true });
  executions.expect(8, { path: '/other' });
  const event = { kind: 'exec', tid: 7, formerTid: 9, file: { path: '/usr/bin/interpreter' } } as const;
  expect(executions.complete(event)).toEqual({ ...event, file: { path: '/bin/x', nosuid: true } });
  expect(executions.complete(event)).toEqual(event);
  executions.complete({ kind: 'exit', tid: 8 });
  expect(executions.complete({ kind: 'exec', tid: 8 })).toEqual({ kind: 'exec', tid: 8 });
});
