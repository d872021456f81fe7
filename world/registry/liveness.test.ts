import { expect, it } from 'vitest';
import { parseState } from './liveness.ts';

const status = (state: string, own = 0, shared = 0): string =>
  `Name:\tlsmfs a\nState:\t${state}\nSigPnd:\t${own.toString(16).padStart(16, '0')}\nShdPnd:\t${shared.toString(16).padStart(16, '0')}\n`;

it('tells apart what /proc/PID/status says of a daemon', () => {
  expect(parseState(status('S (sleeping)'))).toBe('alive');
  expect(parseState(status('D (disk sleep)', 0, 0x4000))).toBe('alive');
  expect(parseState(status('T (stopped)'))).toBe('stopped');
  expect(parseState(status('t (tracing stop)'))).toBe('stopped');
  expect(parseState(status('D (disk sleep)', 0x100))).toBe('dying');
  expect(parseState(status('S (sleeping)', 0, 0x100))).toBe('dying');
  expect(parseState(status('Z (zombie)', 0x100))).toBe('gone');
  expect(parseState('')).toBe('gone');
});
