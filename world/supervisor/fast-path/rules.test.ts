/** Files that rules about paths tell apart: where the tests of fast-path.test.ts have labels. */
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { O_CREAT, O_WRONLY } from '../../../linux/fcntl.ts';
import type { KnownCaller } from './callers.ts';
import { Box } from './testing.ts';

const { O_RDONLY } = constants;
const HOUR_MS = 3_600_000;

let box: Box;
beforeEach(() => {
  box = new Box();
  box.makeDirectory('dir');
  box.make('dir/file');
  // What has changed long ago is remembered.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
});
afterEach(() => {
  vi.useRealTimers();
  box.close();
});

describe('rules about paths', () => {
  const CREATES = O_WRONLY | O_CREAT;

  beforeEach(() => {
    const scope = {
      attributes: [],
      uniform: 'all',
      byDefault: [],
      named: [],
      rules: [{ automaton: 0, start: 1 }],
    } as const;
    change({ scope });
  });

  it('tell files of one directory apart, not by their labels', () => {
    box.learns(box.at('dir/file'));
    expect(box.opens(box.make('dir/other', 'b'))).toBe(true);
    expect(box.opens(box.make('dir/x'))).toBe(false);
  });

  it('tell directories apart', () => {
    box.learns(box.at('dir/file'));
    box.makeDirectory('x');
    expect(box.opens(box.make('x/file'))).toBe(false);
  });

  it('tell new names apart, and from files that exist', () => {
    box.learns(box.at('dir/new'), CREATES);
    expect(box.opens(box.at('dir/new'))).toBe(false);
    expect(box.opens(box.at('dir/x'), CREATES)).toBe(false);
    expect(box.opens(box.at('dir/file'), CREATES)).toBe(false);
    expect(box.fast.learned.wantsLabel).toBe(false);
  });

  it('are not learned of another name than that of the call', () => {
    box.learns(box.at('dir/file'));
    expect(box.opens(box.at('dir/new'), CREATES)).toBe(false);
    box.fast.learned.granted(box.facts(box.at('dir')), undefined, 'x');
    expect(box.opens(box.at('dir/new'), CREATES)).toBe(false);
  });

  it('do not tell a file that has no name any more', () => {
    const file = box.at('dir/file');
    const fd = openSync(file, O_RDONLY);
    const facts = box.facts(file);
    rmSync(file);
    expect(box.maps(fd)).toBe(false);
    box.fast.learned.granted(undefined, facts);
    expect(box.maps(fd)).toBe(false);
    closeSync(fd);
  });
});
function change(caller: Partial<KnownCaller>): void {
  box.caller = { ...box.caller, ...caller };
  box.changes++;
}
