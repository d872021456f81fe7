import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PositionTracker } from './position.ts';

/** What the test does to a descriptor. */
type Step = { op: 'read' | 'write'; count: number } | { op: 'pread' | 'pwrite'; count: number } | { op: 'lseek' };

/** The emulated kernel's file and the transport's, side by side. */
class Descriptor {
  readonly tracker: PositionTracker;
  readonly #writeMoves: boolean;
  #real = 0;
  #transport = 0;
  #fresh = 0;

  constructor(writeMoves: boolean) {
    this.#writeMoves = writeMoves;
    this.tracker = new PositionTracker(writeMoves);
  }

  /** @returns where the tracker thinks the transfer goes, and where it really goes. */
  step(step: Step): { seen: number; real: number } | undefined {
    if (step.op === 'lseek') {
      this.#real = this.#transport = this.#unused();
      return undefined;
    }
    const kind = step.op.endsWith('read') ? 'read' : 'write';
    const positional = step.op.startsWith('p');
    const offset = positional ? this.#unused() : this.#transport;
    const real = positional ? offset : this.#real;
    const seen = this.tracker.locate(kind, offset);
    this.tracker.advance(kind, offset, step.count);
    if (!positional) {
      this.#transport += step.count;
      if (kind === 'read' || this.#writeMoves) this.#real += step.count;
    }
    return { seen, real };
  }

  /** An offset that no transfer has come near: the one ambiguity of the tracker is left out. */
  #unused(): number {
    this.#fresh += 1_000_000;
    return this.#fresh;
  }
}

const transfers: Step[] = (['read', 'write', 'pread', 'pwrite'] as const).map((op) => ({ op, count: 3 }));
const steps: Step[] = [...transfers, { op: 'lseek' }];

function sequences(length: number): Step[][] {
  if (length === 0) return [[]];
  return sequences(length - 1).flatMap((head) => steps.map((step) => [...head, step]));
}

function firstMistake(writeMoves: boolean, sequence: readonly Step[]): string | undefined {
  const descriptor = new Descriptor(writeMoves);
  for (const [index, step] of sequence.entries()) {
    const where = descriptor.step(step);
    if (where !== undefined && where.seen !== where.real) {
      return `${sequence.map((s) => s.op).join(' ')}: step ${index} at ${where.seen}, really ${where.real}`;
    }
  }
  return undefined;
}

describe('PositionTracker', () => {
  it.each([false, true])('follows every sequence of six operations (writes move: %s)', (writeMoves) => {
    const mistakes = sequences(6).map((sequence) => firstMistake(writeMoves, sequence));
    expect(mistakes.filter((mistake) => mistake !== undefined)).toEqual([]);
  });

  it('follows any sequence with up to 15 unconfirmed positional transfers', () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({
        op: fc.constantFrom('read' as const, 'write' as const, 'pread' as const, 'pwrite' as const),
        count: fc.nat(5000),
      }),
      fc.constant<Step>({ op: 'lseek' }),
    );
    const property = fc.property(fc.boolean(), fc.array(step, { maxLength: 15 }), (writeMoves, sequence) => {
      expect(firstMistake(writeMoves, sequence)).toBeUndefined();
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('reads the answer of a transaction from 0 although the transport has moved', () => {
    const tracker = new PositionTracker(false);
    expect(tracker.locate('write', 0)).toBe(0);
    tracker.advance('write', 0, 10);
    expect(tracker.locate('read', 10)).toBe(0);
    tracker.advance('read', 10, 4);
    expect(tracker.locate('read', 14)).toBe(4);
    // Read, then write: the read has moved the position, so the kernel sees a partial write.
    expect(tracker.locate('write', 14)).toBe(4);
  });

  it('keeps the parts of a split write together, then counts it as one write', () => {
    const tracker = new PositionTracker(false);
    tracker.advance('write', 0, 4096, true);
    expect(tracker.locate('write', 4096)).toBe(4096);
    tracker.advance('write', 4096, 4096, true);
    expect(tracker.locate('write', 8192)).toBe(8192);
    tracker.advance('write', 8192, 100);
    expect(tracker.locate('read', 8292)).toBe(0);
  });

  it('does not grow with positional transfers, and keeps the proven position', () => {
    const tracker = new PositionTracker(false);
    tracker.advance('write', 0, 7);
    for (let i = 1; i <= 10_000; i++) tracker.advance('write', i * 1000, 1);
    expect(tracker.locate('read', 7)).toBe(0);
  });

  it('believes a seek back to the beginning, although a read ends where the write before it did', () => {
    const tracker = new PositionTracker(false);
    tracker.advance('write', 0, 24);
    tracker.advance('read', 0, 24);
    expect(tracker.locate('read', 24)).toBe(24);
  });
});
