/** Files of rules that are named by their path: what is asked of whoever runs the stack, and what becomes of the answer. */
import { expect, it } from 'vitest';
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { O_RDONLY, O_WRONLY } from '../../../linux/fcntl.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Handle, Node } from '../../../vfs/tree/node.ts';
import { open, read, write, writeLater } from '../../../vfs/tree/operations.ts';
import type { FileRead } from '../../framework/files/file-reads.ts';
import { type LogEntry, recordStack, replayLog } from '../../framework/journal.ts';
import type { Stack } from '../../framework/stack.ts';
import { createWorld, KERNEL_BUILDS } from '../../library/index.ts';

const boot = (): Stack => createWorld({ lsm: '', build: KERNEL_BUILDS['debian-policy'] }).stack;

function policyHandle(filesystem: Filesystem, flags = O_WRONLY): Handle {
  let node: Node = filesystem.root;
  for (const name of ['integrity', 'ima', 'policy']) {
    const found: Result<Node> = node.kind === 'directory' ? node.lookup(name, KERNEL_CALLER) : E.ENOTDIR;
    if (failed(found)) throw new Error(found.code);
    node = found;
  }
  const handle = open(node, flags, KERNEL_CALLER);
  if (failed(handle)) throw new Error(handle.code);
  return handle;
}

/** Result of a write that has to wait, once it has come. */
function begin(handle: Handle, text: string): { result?: number | string } {
  const done: { result?: number | string } = {};
  const later = writeLater(handle, bytesOf(text), { offset: 0 }, KERNEL_CALLER);
  later?.start((result) => {
    done.result = failed(result) ? result.code : result;
  });
  return done;
}

const answer = (stack: Stack, { serial }: FileRead, content: string) =>
  stack.apply({ kind: 'file-read', serial, content: Buffer.from(content).toString('base64') });

/** As they are read back. */
function rules(stack: Stack): string {
  const data = read(policyHandle(stack.securityfs, O_RDONLY), 4096, { offset: 0 }, KERNEL_CALLER);
  if (!(data instanceof Uint8Array)) throw new Error('no rules');
  return textOf(data);
}

it('has a file read for the writer, and takes its rules when the answer comes', () => {
  const stack = boot();
  const asked: FileRead[] = [];
  stack.reads.reader = (read) => asked.push(read);
  const handle = policyHandle(stack.securityfs);
  const done = begin(handle, '/etc/rules\nmeasure\n');
  expect(asked).toEqual([{ serial: 1, hook: 'policy', path: '/etc/rules', caller: KERNEL_CALLER }]);
  expect(done.result).toBeUndefined();
  answer(stack, asked[0] as FileRead, 'measure func=FILE_CHECK fowner=1\n# nothing\n');
  // All of the buffer counts as taken, as in a kernel.
  expect(done.result).toBe(19);
  handle.release?.();
  expect(rules(stack)).toBe('measure func=FILE_CHECK fowner=1 \n');
});

it('takes none of a file that ends without a newline, or has a NUL, or a rule that is none', () => {
  for (const content of ['measure', 'measure\0\n', 'measure\nbogus\n', '']) {
    const stack = boot();
    stack.reads.reader = (read) => answer(stack, read, content);
    const handle = policyHandle(stack.securityfs);
    expect(begin(handle, '/rules').result).toBe('EINVAL');
    // A good rule does not mend the session.
    expect(write(handle, bytesOf('measure\n'), { offset: 0 }, KERNEL_CALLER)).toBe(8);
    handle.release?.();
    expect(rules(stack)).toBe('');
  }
});

it('passes the errno on, and says which file it was', () => {
  const stack = boot();
  stack.reads.reader = ({ serial }) => stack.apply({ kind: 'file-read', serial, errno: E.EACCES.number });
  expect(begin(policyHandle(stack.securityfs), '/rules\n').result).toBe('EACCES');
});

it('has no file where nobody can read any', () => {
  const stack = boot();
  stack.reads.reader = undefined;
  expect(begin(policyHandle(stack.securityfs), '/rules\n').result).toBe('EINVAL');
});

it('is rebuilt from the log, which has the content', () => {
  const stack = boot();
  const log: LogEntry[] = [];
  const recorded = recordStack(stack, (entry) => log.push(entry));
  const securityfs = recorded.mount('securityfs', KERNEL_CALLER);
  if (failed(securityfs)) throw new Error(securityfs.code);
  stack.reads.reader = (read) => answer(stack, read, 'audit fowner=7\n');
  const handle = policyHandle(securityfs);
  expect(begin(handle, '/rules\n').result).toBe(7);
  handle.release?.();
  const again = boot();
  replayLog(again, log);
  expect(rules(again)).toBe('audit fowner=7 \n');
});
