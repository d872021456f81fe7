import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import { createWorld } from '../../library/index.ts';

it('an io_uring keeps credentials of another label for those who pass labels, and is served by the kernel for administrators', () => {
  const world = createWorld({ lsm: 'smack' });
  const [task, other] = [world.spawn(), world.spawn()];
  task.fs.writeFileSync('/proc/self/attr/current', 'Sub');
  for (const { tid } of [task, other])
    world.stack.apply({ kind: 'maker-note', tid, object: 'io_uring 5', numbered: true });
  const ask = (check: AccessCheck, capabilities: bigint): string =>
    world.stack.access.decide([check], { ...task.caller, capabilities }).refused?.code ?? 'ok';
  const uses = (number: number): AccessCheck => ({
    hook: 'uringOverrideCreds',
    about: { personality: `io_uring 5 ${number}` },
  });
  const [passes, administers] = [1n << BigInt(CAP.MAC_OVERRIDE), 1n << BigInt(CAP.MAC_ADMIN)];
  expect([ask(uses(1), 0n), ask(uses(2), 0n), ask(uses(2), administers), ask(uses(2), passes)]).toEqual([
    'ok',
    'EPERM',
    'EPERM',
    'ok',
  ]);
  const polled: AccessCheck = { hook: 'uringSqpoll', about: {} };
  expect([ask(polled, 0n), ask(polled, passes), ask(polled, administers)]).toEqual(['EPERM', 'EPERM', 'ok']);
});
