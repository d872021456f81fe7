import { beforeEach, describe, expect, it } from 'vitest';
import { RequestPoll } from './request-poll.ts';

/** Of a turn of the loop without requests. */
const TURN_MS = 0.002;

let clock: number;
let processors: number;
let turns: (() => void)[];
let poll: RequestPoll;

beforeEach(() => {
  clock = 1000;
  processors = 2;
  turns = [];
  poll = new RequestPoll({
    now: () => clock,
    nextTurn: (callback) => void turns.push(callback),
    processors: () => processors,
  });
});

/** Is the loop kept awake? */
const awake = (): boolean => turns.length > 0;

function turn(took = TURN_MS): void {
  clock += took;
  const [next] = turns.splice(0);
  next?.();
}

/** Requests that follow each other; the loop turns between them where it is awake. */
function serve(count: number, gap = 0.02): void {
  for (let request = 0; request < count; request++) {
    const due = clock + gap;
    while (awake() && clock + TURN_MS < due) turn();
    clock = due;
    poll.served();
  }
}

/** Turns until the loop may sleep. @returns for how long it was awake */
function abandon(): number {
  const start = clock;
  while (awake()) turn();
  return clock - start;
}

/** Polls that end in vain until there is a pause. @returns how many polls it took */
function exhaust(): number {
  for (let polls = 0; ; polls++) {
    serve(9);
    if (!awake()) return polls;
    abandon();
    clock += 1;
  }
}

/** Until it polls again. @returns the length of the pause, to a millisecond */
function pause(): number {
  const start = clock;
  while (!awake()) {
    clock += 1;
    serve(9, 0.001);
  }
  return Math.round(clock - start);
}

describe('the loop is awake', () => {
  it('in a run of requests, from answer to answer, and sleeps soon after the last one', () => {
    serve(100);
    expect(awake()).toBe(true);
    const time = abandon();
    expect(time).toBeGreaterThan(0.05);
    expect(time).toBeLessThan(0.25);
  });

  it('never where nobody asks, or now and then', () => {
    expect(awake()).toBe(false);
    for (let i = 0; i < 1000; i++) {
      serve(1, 1);
      expect(awake()).toBe(false);
    }
  });

  it('not for the requests of a single file, however often one is read', () => {
    for (let i = 0; i < 1000; i++) {
      clock += 1;
      serve(5);
      expect(awake()).toBe(false);
    }
  });

  it('with one turn at a time', () => {
    serve(100);
    expect(turns).toHaveLength(1);
    turn();
    expect(turns).toHaveLength(1);
  });

  it('never with one processor', () => {
    processors = 1;
    serve(1000);
    expect(awake()).toBe(false);
  });

  it('not for requests that each come too late to be waited for', () => {
    for (let i = 0; i < 1000; i++) {
      serve(1, 0.3);
      while (awake()) turn();
    }
    const before = clock;
    let woken = 0;
    while (clock < before + 3000) {
      serve(1, 0.3);
      if (awake()) woken += abandon();
    }
    expect(woken).toBeLessThan(3);
  });
});

describe('polls that end in vain', () => {
  it('lead to a pause after a few, which doubles while nothing is caught, up to a bound', () => {
    expect(exhaust()).toBe(4);
    const pauses = Array.from({ length: 8 }, () => {
      const length = pause();
      abandon();
      exhaust();
      return length;
    });
    expect(pauses[0]).toBeGreaterThan(90);
    for (const [index, length] of pauses.slice(1, 5).entries()) expect(length / (pauses[index] ?? 0)).toBeCloseTo(2, 0);
    expect(Math.max(...pauses)).toBeLessThan(3300);
  });

  it('are forgotten when polls pay again', () => {
    for (let i = 0; i < 4; i++) {
      exhaust();
      pause();
      abandon();
    }
    exhaust();
    expect(pause()).toBeGreaterThan(1000);
    serve(100);
    abandon();
    exhaust();
    expect(pause()).toBeLessThan(120);
  });

  it('are borne where most catch something', () => {
    for (let i = 0; i < 200; i++) {
      serve(30);
      expect(awake()).toBe(true);
      abandon();
      clock += 1;
    }
  });

  it('are those, too, in which another task had the processor', () => {
    serve(100);
    turn(3);
    expect(awake()).toBe(false);
    let polls = 0;
    for (; ; polls++) {
      serve(9);
      if (!awake()) break;
      turn(3);
      clock += 1;
    }
    expect(polls).toBeLessThan(20);
  });
});

it('a long answer is no other task', () => {
  serve(20);
  clock += 5;
  poll.served();
  turn();
  expect(awake()).toBe(true);
});

it('the number of processors is asked again after a pause', () => {
  serve(20);
  abandon();
  processors = 1;
  exhaust();
  clock += 10_000;
  serve(1000);
  expect(awake()).toBe(false);
});
