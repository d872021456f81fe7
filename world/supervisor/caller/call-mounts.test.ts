import { expect, it } from 'vitest';
import { CallMounts } from './call-mounts.ts';

it('knows the mount namespace of a caller until it forgets it, and asks again for another one', () => {
  const mounts = new CallMounts();
  const own = mounts.namespaceOf(process.pid);
  expect(mounts.namespaceOf(process.pid)).toBe(own);
  expect(mounts.namespaceOf('thread-self')).toBe(own);
  // No process has this number.
  expect(mounts.namespaceOf(0x7fffffff)).toBeUndefined();
  expect(mounts.namespaceOf(process.pid)).toBe(own);
  mounts.forget();
  expect(mounts.namespaceOf(process.pid)).toBe(own);
});
