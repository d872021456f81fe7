import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { createWorld } from '../../library/index.ts';
import { inMode } from '../policy/testing/modes.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);

it('in kill mode a record ends who is refused; the same refusal leaves none, and nobody is ended', () => {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', inMode(POLICY, 'nocaps', 'kill'));
  const asks = (capability: number) => {
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile nocaps');
    const before = world.audit.length;
    const decided = world.stack.access.decide([{ hook: 'capable', about: { capability } }], task.caller);
    const records = world.audit.slice(before).map(({ body }) => /apparmor="(\w+)"/.exec(body)?.[1]);
    return [decided.refused?.code, world.stack.tasks.find(task.tid) !== undefined, ...records];
  };
  expect(asks(CAP.SYS_CHROOT)).toEqual(['EPERM', false, 'KILLED']);
  expect(asks(CAP.SYS_CHROOT)).toEqual(['EPERM', true]);
  expect(asks(CAP.SYS_NICE)).toEqual(['EPERM', false, 'KILLED']);
  expect(asks(CAP.SYS_NICE)).toEqual(['EPERM', true]);
});
