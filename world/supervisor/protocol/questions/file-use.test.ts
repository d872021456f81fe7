/** Files that are used: what the main thread answers later. */
import { expect, test } from 'vitest';
import { bytesOf } from '../../../../linux/bytes.ts';
import { E } from '../../../../linux/errno.ts';
import { MAY_EXEC, MAY_READ } from '../../../../linux/fs.ts';
import type { AskedAttributes, ReportedUse } from '../../uses/reported-use.ts';
import { answerQuestion } from './index.ts';
import { FILE, fake, INODE, TID } from './testing/fake-backend.ts';

test('what takes its time is answered later, past the thread', async () => {
  const question = { kind: 'file-use', tid: TID, id: 5n, thread: 8, uses: [] } as const;
  const late = async (errno: number, files = {}, asked?: AskedAttributes) => {
    const { calls, ...answerer } = fake();
    const fileUse = () => Promise.resolve({ errno, file: { ...FILE, inode: { ...INODE, xattrs: { stored: 'v' } } } });
    const backend = { ...answerer.backend, fileUse, files: { ...answerer.backend.files, ...files } };
    const answer = await answerQuestion({ ...answerer, backend }, { ...question, ...(asked && { asked }) });
    expect(answer).toEqual({ errno: 0, later: true });
    await expect.poll(() => calls.length).toBe(2);
    return calls[1];
  };
  const buffer = { low: 1, high: 2, size: 3 };
  const place = { id: 5n, tid: TID, ...buffer };
  expect(await late(13)).toEqual(['finish', 5n, 13]);
  const quiet = {
    readXattr: () => ({ given: bytesOf('v'), silent: false }),
    visibleNames: () => ['seen', 'trusted.x'],
    listXattr: () => ['always'],
  };
  expect(await late(13, quiet, { ...buffer, name: 'stored' })).toEqual(['finish', 5n, 13]);
  expect(await late(0, quiet, { ...buffer, name: 'n' })).toEqual(['give', { ...place, name: 'n' }, bytesOf('v')]);
  expect(
    await late(0, { readXattr: () => ({ given: E.EOPNOTSUPP, silent: false }) }, { ...buffer, name: 'n' }),
  ).toEqual(['finish', 5n, 0]);
  expect(await late(0, quiet, buffer)).toEqual(['give', place, bytesOf('seen\0always\0')]);
  expect(await late(0, { visibleNames: () => ['stored'] }, buffer)).toEqual(['finish', 5n, 0]);
});

test('a program whose files are read first is announced again, if it is executed at all', async () => {
  const announced = async (use: Partial<ReportedUse>, errno = 0, isWaiting = true) => {
    const { calls, ...answerer } = fake();
    const fileUse = () => Promise.resolve({ errno, file: FILE });
    const content = { key: '1', size: 0, mtime: '0', ctime: '0', writers: false, openers: false };
    const file = { ...FILE, superblock: { magic: 0 }, content };
    const uses: readonly ReportedUse[] = [{ hook: 'open', mask: MAY_EXEC, descriptor: 3, file, ...use }];
    answerer.late.isWaiting = () => isWaiting;
    const backend = { ...answerer.backend, fileUse };
    await answerQuestion({ ...answerer, backend }, { kind: 'file-use', tid: TID, id: 5n, thread: 8, uses });
    await expect.poll(() => calls.at(-1)).toEqual(['finish', 5n, errno]);
    return calls.some(([name]) => name === 'executes again');
  };
  expect(await announced({})).toBe(true);
  expect(await announced({ hook: 'creds' })).toBe(true);
  expect(await announced({ hook: 'mmap', program: { comm: 'p', exe: '/p' } })).toBe(true);
  expect(await announced({ hook: 'open', mask: MAY_READ })).toBe(false);
  expect(await announced({ hook: 'mmap' })).toBe(false);
  expect(await announced({ hook: 'exec' }, 13)).toBe(false);
  expect(await announced({ hook: 'exec' }, 0, false)).toBe(false);
});
