import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { F_DUPFD_CLOEXEC } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { OpenDescriptor } from '../../../lsm/framework/files/open-descriptor.ts';
import type { WorkerContext } from '../context.ts';
import { type IsSameFile, withCopied } from './copied-descriptors.ts';

const IDENTITY = '30 7 0';

function copied(descriptor: number, noted: readonly string[], isSame?: IsSameFile) {
  const context = {
    call: { tid: tidOf(process.pid) },
    mediator: { subjects: { of: () => ({ noted }) } },
  } as unknown as WorkerContext;
  return withCopied<OpenDescriptor>(context, { descriptor, identity: IDENTITY }, isSame);
}

const always: IsSameFile = () => true;

it('a copy has the number of the noted descriptor of the same file and access mode', () => {
  const noted = ['3 30 8 0', '4 30 7 0', '5 30 7 0', '-1 program'];
  expect(copied(20, noted, (_tid, one, other) => one === 20 && other === 5).copyOf).toBe(5);
  expect(copied(20, noted, () => false)).toEqual({ descriptor: 20, identity: IDENTITY });
  expect(copied(4, noted, always).copyOf).toBeUndefined();
  expect(copied(20, ['3 30 8 0', '4 30 7 2'], always).copyOf).toBeUndefined();
  expect(copied(20, [], always).copyOf).toBeUndefined();
});

it('of many descriptors of one file few are compared, and the call is counted', () => {
  const noted = Array.from({ length: 1000 }, (_, number) => `${number} ${IDENTITY}`);
  let compared = 0;
  let unseen = 0;
  const mediator = { subjects: { of: () => ({ noted }) }, unseen: () => unseen++ };
  const context = { call: { tid: tidOf(process.pid) }, mediator } as unknown as WorkerContext;
  const isNone: IsSameFile = () => ++compared === 0;
  expect(withCopied<OpenDescriptor>(context, { descriptor: 2000, identity: IDENTITY }, isNone).copyOf).toBeUndefined();
  expect([compared, unseen]).toEqual([16, 1]);
});

it('the kernel tells a copy from another opening of the same file', () => {
  const [first, other] = [openSync('/dev/null', 'r'), openSync('/dev/null', 'r')];
  const copy = rawSyscall(NR.fcntl, first, F_DUPFD_CLOEXEC, 0);
  try {
    const noted = [`${first} ${IDENTITY}`];
    expect(copied(copy, noted).copyOf).toBe(first);
    expect(copied(other, noted).copyOf).toBeUndefined();
  } finally {
    for (const fd of [first, other, copy]) closeSync(fd);
  }
});
