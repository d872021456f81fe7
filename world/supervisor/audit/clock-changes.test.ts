/** Calls that set or adjust the clock, without doing so. */
import { expect, it } from 'vitest';
import { ADJ, STA, TIMEX } from '../../../linux/clock.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import { clockRecords } from '../../../lsm/framework/audit/clock-text.ts';
import type { ArgumentReader } from './argument-reader.ts';
import { clockChange } from './clock-changes.ts';

type Timex = Partial<
  Record<'MODES' | 'OFFSET' | 'FREQUENCY' | 'STATUS' | 'CONSTANT' | 'SECONDS' | 'MICROSECONDS' | 'TICK' | 'TAI', number>
>;

function timex(fields: Timex): DataView {
  const view = new DataView(new ArrayBuffer(TIMEX.SIZE));
  const { MODES, STATUS, TAI, ...long } = fields;
  view.setUint32(TIMEX.MODES, MODES ?? 0, true);
  view.setInt32(TIMEX.STATUS, STATUS ?? 0, true);
  view.setInt32(TIMEX.TAI, TAI ?? 0, true);
  for (const [name, value] of Object.entries(long))
    view.setBigInt64(TIMEX[name as keyof typeof long], BigInt(value), true);
  return view;
}

function times(...numbers: number[]): DataView {
  return new DataView(BigInt64Array.from(numbers.map(BigInt)).buffer);
}

/** Bodies of the records of a call, beside a clock of 1000.5 s that runs as `before` says. */
function told(name: SyscallName, given: DataView | undefined, before: Timex = {}, clock = 0): string[] {
  const memory = { copy: () => given && new Uint8Array(given.buffer) };
  const call = { tid: 7, int: () => clock, low: () => 1, high: () => 0 };
  const source = {
    now: () => 1_000_500_000_000n,
    read: (modes: number) => timex(modes === ADJ.OFFSET_SS_READ ? { OFFSET: 7 } : before),
  };
  const change = clockChange(name, { call, memory } as unknown as ArgumentReader, source);
  return change === undefined ? [] : clockRecords(change, 250).map(({ type, body }) => `${type} ${body}`);
}

it.each<[string, SyscallName, DataView | undefined, string[]]>([
  ['a time', 'settimeofday', times(990, 100_000), ['1332 sec=-11 nsec=600000000']],
  ['a later time', 'clock_settime', times(1002, 5), ['1332 sec=1 nsec=500000005']],
  ['no time, but a zone', 'settimeofday', undefined, []],
])('%s is told as what is added', (_what, name, given, expected) => {
  expect(told(name, given)).toEqual(expected);
});

it('other clocks have no records', () => {
  expect(told('clock_settime', times(1, 0), {}, 7)).toEqual([]);
  expect(told('clock_adjtime', timex({ MODES: ADJ.TICK, TICK: 5 }), {}, 3)).toEqual([]);
});

const before: Timex = { STATUS: STA.UNSYNC, TICK: 10_000, TAI: 37, FREQUENCY: 5 };
it.each<[string, Timex, string[]]>([
  [
    'an offset of the time',
    { MODES: ADJ.SETOFFSET, SECONDS: -10, MICROSECONDS: 123_456 },
    ['1332 sec=-10 nsec=123456000'],
  ],
  [
    'one in nanoseconds',
    { MODES: ADJ.SETOFFSET | ADJ.NANO, MICROSECONDS: 7 },
    ['1333 op=status old=64 new=8256', '1332 sec=0 nsec=7'],
  ],
  ['no offset', { MODES: ADJ.SETOFFSET }, []],
  ['nothing', { MODES: 0, TICK: 5 }, []],
  [
    'a frequency',
    { MODES: ADJ.FREQUENCY, FREQUENCY: -42 },
    [`1333 op=freq old=${5 * 65_536_000} new=${-42 * 65_536_000}`],
  ],
  [
    'too high a frequency',
    { MODES: ADJ.FREQUENCY, FREQUENCY: 1 << 30 },
    [`1333 op=freq old=327680000 new=2147483648000000`],
  ],
  ['the frequency that it has', { MODES: ADJ.FREQUENCY, FREQUENCY: 5 }, []],
  [
    'a tick, and TAI',
    { MODES: ADJ.TICK | ADJ.TAI, TICK: 10_001, CONSTANT: 38 },
    ['1333 op=tai old=37 new=38', '1333 op=tick old=10000 new=10001'],
  ],
  ['no such TAI', { MODES: ADJ.TAI, CONSTANT: 100_001 }, []],
  ['an offset without a loop', { MODES: ADJ.OFFSET, OFFSET: 100 }, []],
  [
    'an offset with one',
    { MODES: ADJ.OFFSET | ADJ.STATUS, OFFSET: 100, STATUS: STA.PLL },
    [`1333 op=offset old=0 new=${(100_000n << 32n) / 250n}`, '1333 op=status old=64 new=1'],
  ],
  ['what only the kernel sets', { MODES: ADJ.STATUS, STATUS: 0xff40 }, []],
  ['adjtime(3)', { MODES: ADJ.ADJTIME | ADJ.OFFSET, OFFSET: 42 }, ['1333 op=adjust old=7 new=42']],
  ['reading what is left of it', { MODES: ADJ.OFFSET_SS_READ, OFFSET: 42 }, []],
])('adjtimex(2) of %s', (_what, given, expected) => {
  expect(told('adjtimex', timex(given), before)).toEqual(expected);
  expect(told('clock_adjtime', timex(given), before)).toEqual(expected);
});

it('a loop that is turned off leaves nothing but that', () => {
  const running = { ...before, STATUS: STA.PLL | STA.NANO };
  expect(told('adjtimex', timex({ MODES: ADJ.STATUS, STATUS: 0 }), running)).toEqual(['1333 op=status old=8193 new=0']);
});
