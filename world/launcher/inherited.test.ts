import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inheritedDescriptors, jobserverDescriptors, type OpenDescriptor, parseStartNote } from './inherited.ts';

const open = (fd: number, target: string, closeOnExec = true): OpenDescriptor => ({ fd, target, closeOnExec });
const NODE: OpenDescriptor[] = [
  open(3, 'anon_inode:[eventpoll]'),
  open(4, 'pipe:[100]'),
  open(6, 'pipe:[100]'),
  open(9, 'anon_inode:[eventfd]'),
  open(17, 'anon_inode:[io_uring]'),
  open(19, '/proc/77/fd'),
];

describe('inherited descriptors', () => {
  it('are those that Node does not open for itself', () => {
    const ours = [
      open(0, '/dev/null'),
      open(1, 'pipe:[1]'),
      open(2, '/dev/pts/0'),
      open(5, '/etc/hostname'),
      open(7, 'socket:[5]'),
    ];
    expect(inheritedDescriptors([...ours, ...NODE], [])).toEqual([0, 1, 2, 5, 7]);
  });
  it('have no close-on-exec flag beyond those that Node marked', () => {
    expect(inheritedDescriptors([open(63, 'pipe:[9]', false), open(62, 'pipe:[9]', false)], [])).toEqual([63, 62]);
  });
  it('include one end of a pipe, but both only for a jobserver', () => {
    expect(inheritedDescriptors([open(5, 'pipe:[7]')], [])).toEqual([5]);
    const pair = [open(5, 'pipe:[7]'), open(7, 'pipe:[7]')];
    expect(inheritedDescriptors(pair, [])).toEqual([]);
    expect(inheritedDescriptors(pair, jobserverDescriptors(' -j4 --jobserver-auth=5,7'))).toEqual([5, 7]);
  });
  it('standard streams always, whatever they are', () => {
    expect(
      inheritedDescriptors([open(0, 'anon_inode:[eventfd]'), open(1, 'pipe:[1]'), open(2, 'pipe:[1]')], []),
    ).toEqual([0, 1, 2]);
  });
});

describe('the start note', () => {
  it('has the limit and the ignored signals', () => {
    expect(parseStartNote('1024 0000000000001001')).toEqual({ openFiles: 1024n, ignoredSignals: [1, 13] });
    expect(parseStartNote('unlimited 8000000000000000')).toEqual({ openFiles: undefined, ignoredSignals: [64] });
  });
  it('is nothing else', () => {
    expect(parseStartNote(undefined)).toBeUndefined();
    fc.assert(
      fc.property(
        fc.string(),
        (text) => /^(\d+|unlimited) [0-9a-f]+$/.test(text) || parseStartNote(text) === undefined,
      ),
    );
  });
});
