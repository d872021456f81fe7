import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { UserNamespaces } from './user-namespaces.ts';

it('takes our own for the initial one, and what has ended', () => {
  const namespaces = new UserNamespaces({ uid: 0, gid: 0, besideRoot: true });
  for (const tid of [tidOf(process.pid), tidOf(0x7fffffff)]) {
    expect(namespaces.of(tid)).toBeUndefined();
    expect(namespaces.outermostOf(tid)).toBeUndefined();
  }
});
