import { describe, expect, it } from 'vitest';
import { createWorld } from '../../library/index.ts';
import { stream } from '../policy/testing/policies.ts';
import { UNSAFE, UX, x } from '../policy/testing/transitions.ts';

const APPARMOR = '/sys/kernel/security/apparmor';

describe('a refused exec', () => {
  const refused = (mode: number) => {
    const world = createWorld({ lsm: 'apparmor' });
    world.fs.writeFileSync(`${APPARMOR}/.load`, stream({ name: 'p', mode }));
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile p');
    const error = world.stack.files.mayExec({ path: '/bin/sh' }, task.caller);
    return { code: error?.code, alive: world.stack.tasks.find(task.tid) !== undefined, log: world.audit.at(-1)?.body };
  };

  it('is an error', () => {
    expect(refused(0)).toEqual({ code: 'EACCES', alive: true, log: expect.stringContaining('apparmor="DENIED"') });
  });

  it('is the end in kill mode', () => {
    expect(refused(2)).toMatchObject({ alive: false, log: expect.stringContaining('apparmor="KILLED"') });
  });
});

describe('AT_SECURE', () => {
  it('is as the rule says, not where the exec is refused', () => {
    const world = createWorld({ lsm: 'apparmor' });
    const file = { '/bin/safe': x(UX), '/bin/unsafe': x(UX | UNSAFE) };
    world.fs.writeFileSync(`${APPARMOR}/.load`, stream({ name: 'p', mode: 0, file }));
    const task = world.spawn();
    const secure = (path: string) => world.stack.files.execIsSecure({ path }, task.caller);
    expect(secure('/bin/safe')).toBe(false);
    task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile p');
    expect(['/bin/safe', '/bin/unsafe', '/bin/refused'].map(secure)).toEqual([true, false, false]);
  });
});
