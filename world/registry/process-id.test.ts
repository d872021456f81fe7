import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { identifyProcess, isAlive, parseIsZombie, parseStartTime } from './process-id.ts';

const fields = (state: string): string => `${state} 1 2 3 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 2000 3`;

describe('/proc/<pid>/stat', () => {
  it.each(['sh', 'a) R 7 (', 'x y'])('start time behind the name %j', (name) => {
    expect(parseStartTime(`42 (${name}) ${fields('S')}`)).toBe(98765);
  });
  it('tells zombies', () => {
    expect(parseIsZombie(`42 (Z) ${fields('S')}`)).toBe(false);
    expect(parseIsZombie(`42 (sh) ${fields('Z')}`)).toBe(true);
  });
  it('is anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes(')') || parseStartTime(text) === undefined));
    expect(parseStartTime('42 (sh) S 1')).toBeUndefined();
  });
});

describe('a process', () => {
  it('is alive under its own start time only', () => {
    const self = identifyProcess(tgidOf(process.pid));
    expect(self).toBeDefined();
    if (self === undefined) return;
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, startTime: self.startTime + 1 })).toBe(false);
  });
  it('that does not exist is not', () => {
    expect(identifyProcess(tgidOf(0x7fffffff))).toBeUndefined();
    expect(isAlive({ pid: tgidOf(0x7fffffff), startTime: 1 })).toBe(false);
  });
});
