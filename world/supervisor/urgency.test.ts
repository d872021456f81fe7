import { expect, it } from 'vitest';
import { SCHED_FIFO, SCHED_RESET_ON_FORK } from '../../linux/process.ts';
import { Urgency } from './urgency.ts';

it('changes the policy only where it differs', () => {
  const calls: [number, number][] = [];
  const urgency = new Urgency((policy, priority) => {
    calls.push([policy, priority]);
    return 0;
  });
  urgency.lower();
  urgency.raise();
  urgency.raise();
  urgency.lower();
  urgency.lower();
  expect(calls).toEqual([
    [SCHED_FIFO | SCHED_RESET_ON_FORK, 1],
    [SCHED_RESET_ON_FORK, 0],
  ]);
});

it('asks once where it may not', () => {
  let asked = 0;
  const urgency = new Urgency(() => {
    asked++;
    return -1;
  });
  urgency.raise();
  urgency.lower();
  urgency.raise();
  expect(asked).toBe(1);
});
