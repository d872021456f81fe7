import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SIGUSR1 } from '../../../linux/signal.ts';
import { createWorld } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);

it('a stack gets what each of its members may be sent, though no rule is about the whole', () => {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const [sender, receiver] = [world.spawn(), world.spawn()];
  sender.fs.writeFileSync('/proc/self/attr/current', 'changeprofile sig');
  receiver.fs.writeFileSync('/proc/self/attr/current', 'changeprofile s5//&s6');
  const about = { target: receiver.tid, signal: SIGUSR1 };
  expect(world.stack.access.decide([{ hook: 'taskKill', about }], sender.caller).refused).toBeUndefined();
  const records = world.audit.map(({ body }) => /apparmor="(\w+)".*profile="(\w+)".*requested_mask="(\w+)"/.exec(body));
  expect(records.flatMap((match) => match?.slice(1, 4).join(' ') ?? [])).toEqual(['ALLOWED s6 receive']);
});
