import { describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import { POLLIN } from '../../../linux/poll.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { type Handle, Pending } from '../../../vfs/tree/node.ts';
import { PolicyNamespace } from '../policy/index.ts';
import { RevisionFile, RevisionWaiters } from './revision.ts';

function setUp() {
  const ns = new PolicyNamespace('root');
  const waiters = new RevisionWaiters();
  const file = new RevisionFile({ ino: 1, mode: 0o444 }, waiters, () => ns);
  const opened = file.open(0, KERNEL_CALLER);
  if (failed(opened)) throw new Error(opened.code);
  const handle: Handle = opened;
  let position = 0;
  const read = (length: number): string => {
    const result = handle.read?.(length, { offset: position }, KERNEL_CALLER);
    if (!(result instanceof Uint8Array)) return result instanceof Pending ? 'waits' : String(result);
    position += result.length;
    return textOf(result);
  };
  const change = (): void => {
    ns.revision++;
    waiters.changed(ns);
  };
  return { ns, handle, read, change, waiters };
}

describe('revision', () => {
  it('shows each revision once', () => {
    const { read, change } = setUp();
    change();
    expect([read(100), read(100)]).toEqual(['1\n', 'waits']);
    change();
    expect(read(100)).toBe('2\n');
  });

  it('counts as seen only when a read reaches past its end', () => {
    const { read, change, ns } = setUp();
    ns.revision = 3;
    change();
    expect(['4', '\n', '4']).toEqual([read(1), read(1), read(1)]);
  });

  it('ends a wait with the change, and not with that of another namespace', () => {
    const { ns, handle, change, waiters } = setUp();
    const pending = handle.read?.(10, { offset: 0 }, KERNEL_CALLER);
    if (!(pending instanceof Pending)) throw new Error('did not wait');
    const answers: unknown[] = [];
    pending.start((result) => answers.push(result));
    waiters.changed(new PolicyNamespace('other', ns));
    expect(answers).toEqual([]);
    change();
    change();
    expect(answers.map((answer) => textOf(answer as Uint8Array))).toEqual(['1\n']);
  });

  it('forgets a wait that was interrupted', () => {
    const { handle, change } = setUp();
    const pending = handle.read?.(10, { offset: 0 }, KERNEL_CALLER);
    if (!(pending instanceof Pending)) throw new Error('did not wait');
    const answers: unknown[] = [];
    pending.start((result) => answers.push(result)).cancel();
    change();
    expect(answers).toEqual([]);
  });

  it('wakes who polls, once', () => {
    const { handle, change } = setUp();
    let woken = 0;
    const wake = () => {
      woken++;
    };
    expect(handle.poll?.(wake, KERNEL_CALLER)).toBe(0);
    change();
    change();
    expect([handle.poll?.(wake, KERNEL_CALLER), woken]).toEqual([POLLIN, 1]);
  });

  it('wakes who polls a file that is ready already: edge-triggered epoll hears of each change', () => {
    const { handle, change } = setUp();
    let woken = 0;
    change();
    expect(handle.poll?.(() => woken++, KERNEL_CALLER)).toBe(POLLIN);
    change();
    expect(woken).toBe(1);
  });
});
