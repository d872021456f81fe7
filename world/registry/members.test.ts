import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { childrenOf } from '../tracking/proc-tree.ts';
import { killMembers, parseMembers, ticksNow } from './members.ts';
import { identifyProcess, isAlive, type ProcessId, trackProcess } from './process-id.ts';

async function started(): Promise<{ readonly shell: ChildProcess; readonly id: ProcessId; readonly child: ProcessId }> {
  const shell = spawn('sh', ['-c', 'sleep 60 & echo; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(shell.stdout as NonNullable<typeof shell.stdout>, 'data');
  const pid = tgidOf(shell.pid ?? 0);
  const id = identifyProcess(pid);
  const child = identifyProcess(childrenOf(pid)[0] ?? tgidOf(0));
  if (id === undefined || child === undefined) throw new Error('it did not start');
  return { shell, id, child };
}

it('members are killed with what they made, known by more than their numbers', async () => {
  const { shell, id, child } = await started();
  killMembers([{ ...id, startTime: id.startTime + 1, since: 0 }]);
  expect([isAlive(id), isAlive(child)]).toEqual([true, true]);
  killMembers([{ ...id, since: id.startTime }]);
  await once(shell, 'exit');
  await expect.poll(() => isAlive(child)).toBe(false);
});

it('a member whose start time could not be read is known by its inode in pidfs', async () => {
  const { shell, id, child } = await started();
  const { inode } = trackProcess(id.pid) ?? {};
  expect(inode).toMatch(/^\d+$/);
  killMembers([{ ...id, startTime: 0, since: 0, inode: `${inode}1` }]);
  expect([isAlive(id), isAlive({ ...id, startTime: 0, inode })]).toEqual([true, true]);
  killMembers([{ ...id, startTime: 0, since: 0, inode }]);
  await once(shell, 'exit');
  expect(isAlive({ ...id, inode })).toBe(false);
  await expect.poll(() => isAlive(child)).toBe(false);
});

it('children from before a process became a member are left alone', async () => {
  const { shell, id, child } = await started();
  killMembers([{ ...id, since: ticksNow() + 100 }]);
  await once(shell, 'exit');
  expect(isAlive(child)).toBe(true);
  process.kill(child.pid, 'SIGKILL');
});

it('a list is believed in its own pid namespace, until the machine starts again, and nothing in it that is no process', () => {
  const scope = { boot: 'a', pidNamespace: 'pid:[1]' };
  const text = (members: unknown): string => JSON.stringify({ ...scope, members });
  expect(parseMembers(text([[7, 8, 9]]), scope)).toEqual([{ pid: 7, startTime: 8, since: 9 }]);
  expect(parseMembers(text([[7, 0, 9, '5']]), scope)).toEqual([{ pid: 7, startTime: 0, since: 9, inode: '5' }]);
  expect(parseMembers(text([[7, 8, 9, 5]]), scope)).toEqual([{ pid: 7, startTime: 8, since: 9 }]);
  expect(parseMembers(text([[7, 8, 9]]), { ...scope, pidNamespace: 'pid:[2]' })).toEqual([]);
  expect(parseMembers(text([[7, 8, 9]]), { ...scope, boot: 'b' })).toEqual([]);
  expect(parseMembers(text([[1, 8, 9], [-1, 2, 3], ['7', 8, 9], null, [7]]), scope)).toEqual([]);
  fc.assert(fc.property(fc.json(), (json) => parseMembers(json, scope).length === 0));
});
