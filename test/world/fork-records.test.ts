/** The kernel's records of forks, for which it takes root. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ForkRecords } from '../../host/process/fork-records.ts';
import { tgidOf, tidOf } from '../../linux/ids.ts';

/** A thread makes a thread, and that one a process; prints the numbers of all, and ms of CLOCK_MONOTONIC at the end. */
const FAMILY = `
import os, threading, time
ids = [os.getpid()]
def made(work):
    ids.append(threading.get_native_id())
    work()
def thread(work):
    one = threading.Thread(target=made, args=(work,))
    one.start()
    one.join()
def process():
    ids.append(os.fork())
    if ids[-1] == 0:
        os._exit(0)
    os.wait()
thread(lambda: thread(process))
print(*ids, time.clock_gettime(time.CLOCK_MONOTONIC) * 1000)
`;

let records: ForkRecords;
beforeAll(() => {
  const open = ForkRecords.open();
  if (open === undefined) throw new Error('the kernel records no forks: CAP_PERFMON and CONFIG_PERF_EVENTS');
  records = open;
});
afterAll(() => records.close());

function family(): number[] {
  return execFileSync('python3', ['-c', FAMILY], { encoding: 'utf8' }).split(' ').map(Number);
}

it('names the thread that has made a thread, or a process', () => {
  const [leader = 0, first = 0, second = 0, child = 0] = family();
  const threads = [first, second].map((tid) => records.makerOf(tidOf(tid), tgidOf(leader), 0));
  expect(threads).toEqual([leader, first]);
  expect(records.makerOf(tidOf(child), tgidOf(child), 0)).toBe(second);
});

it('tells a thread from a former owner of its number, by the time', () => {
  const [leader = 0, first = 0, , , end = 0] = family();
  expect(records.makerOf(tidOf(first), tgidOf(leader), end)).toBeUndefined();
});

it('has the newest when there were more forks than it keeps', () => {
  execFileSync('sh', ['-c', 'i=0; while [ $i -lt 5000 ]; do (:); i=$((i + 1)); done']);
  const [leader = 0, first = 0, second = 0] = family();
  expect(records.makerOf(tidOf(second), tgidOf(leader), 0)).toBe(first);
});
