import { expect, it } from 'vitest';
import { callerFd, tgidOf, tidOf } from '../../../linux/ids.ts';
import type { WorkerContext } from '../context.ts';
import { openedBy } from './received-files.ts';

const [RECEIVER, SENDER] = [tidOf(7), tgidOf(8)];

/** Whose label a file has that the sender, which runs or not, has given. */
function labelledBy(type: string, process: number | undefined, runs = true) {
  const context = {
    call: { tid: RECEIVER },
    mediator: { look: () => ({ path: '/f', inode: { filesystem: { type }, process } }) },
    view: {
      openDescriptor: () => 100,
      close: () => undefined,
      readFile: () => 'flags:\t0100002\nmnt_id:\t30\nino:\t7\n',
      status: () => (runs ? {} : undefined),
    },
  } as unknown as WorkerContext;
  return openedBy(context, SENDER, callerFd(3), { process: SENDER })?.file.inode.process;
}

it('what has no name was made by the sender, as long as that is there', () => {
  expect(labelledBy('pipefs', RECEIVER)).toBe(SENDER);
  expect(labelledBy('pipefs', RECEIVER, false)).toBe(RECEIVER);
  expect(labelledBy('ext4', undefined)).toBeUndefined();
});

it("the receiver's own entries in /proc have its label whoever gives them", () => {
  expect(labelledBy('proc', RECEIVER)).toBe(RECEIVER);
  expect(labelledBy('proc', 9)).toBe(9);
});
