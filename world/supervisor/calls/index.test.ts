import { describe, expect, it } from 'vitest';
import { syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { FAMILIES } from '../../mediation.ts';
import { mediationFamily } from '../features.ts';
import { CALLS, handlerTable } from './index.ts';

describe('the supervised calls', () => {
  it('have one handler each, and another one for what is mediated', () => {
    const handlers = new Map<string, Set<unknown>>();
    for (const { name, when, handle } of CALLS) {
      const key = `${name} ${mediationFamily(when) === undefined ? 'plain' : 'mediated'}`;
      if (handle !== undefined) handlers.set(key, (handlers.get(key) ?? new Set()).add(handle));
    }
    expect([...handlers].filter(([, different]) => different.size > 1).map(([key]) => key)).toEqual([]);
    expect(handlers.size).toBeGreaterThan(100);
  });

  it('have a place in the table if the machine has them', () => {
    const arm = handlerTable('arm64', FAMILIES);
    expect(arm[syscallNumbers('arm64').openat]).toBeTypeOf('function');
    expect(Object.keys(arm).every((number) => Number(number) >= 0)).toBe(true);
  });

  it('are mediated only where that is asked for', () => {
    const { setpgid } = syscallNumbers('x64');
    expect(handlerTable('x64', [])[setpgid]).toBeUndefined();
    expect(handlerTable('x64', ['tasks'])[setpgid]).toBeTypeOf('function');
  });
});
