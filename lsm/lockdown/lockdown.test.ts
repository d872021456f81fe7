import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, KERNEL_BUILDS, type World } from '../library/index.ts';

const NODE = '/sys/kernel/security/lockdown';

let world: World;
beforeEach(() => {
  world = createWorld({ lsm: '' });
});

const read = () => world.fs.readFileSync(NODE, 'latin1');

function write(text: string): unknown {
  const fd = world.fs.openSync(NODE, 'r+');
  try {
    return world.fs.writeSync(fd, text);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    world.fs.closeSync(fd);
  }
}

describe('securityfs lockdown', () => {
  it('answers the recorded sequence', () => {
    const none = '[none] integrity confidentiality\n';
    const integrity = 'none [integrity] confidentiality\n';
    const confidentiality = 'none integrity [confidentiality]\n';
    expect(read()).toBe(none);
    const steps: [string, unknown, string][] = [
      ['', 'EINVAL', none],
      ['bogus', 'EINVAL', none],
      ['none', 'EPERM', none],
      ['integrity ', 'EINVAL', none],
      ['INTEGRITY', 'EINVAL', none],
      ['integrity\n\n', 'EINVAL', none],
      ['integrity\n', 10, integrity],
      ['integrity', 'EPERM', integrity],
      ['none', 'EPERM', integrity],
      ['confidentiality', 15, confidentiality],
      ['integrity', 'EPERM', confidentiality],
      ['confidentiality\n', 'EPERM', confidentiality],
    ];
    for (const [text, result, after] of steps) {
      expect([text, write(text), read()]).toEqual([text, result, after]);
    }
  });

  it('logs a change once', () => {
    write('integrity');
    write('integrity');
    const lines = world.kernelLog.filter((line) => line.startsWith('Kernel is locked down'));
    expect(lines).toEqual(['Kernel is locked down from securityfs; see man kernel_lockdown.7']);
  });

  it('reads on, but does not seek', () => {
    const fd = world.fs.openSync(NODE, 'r+');
    const buffer = Buffer.alloc(50);
    const part = (length: number) => buffer.toString('latin1', 0, world.fs.readSync(fd, buffer, 0, length, null));
    expect([part(5), part(50)]).toEqual(['[none', '] integrity confidentiality\n']);
    expect(() => world.fs.seekSync(fd, 0)).toThrow('ESPIPE');
    expect(part(4)).toBe('');
  });

  it('starts at the level of lockdown=', () => {
    world = createWorld({ parameters: { lockdown: 'confidentiality' }, lsm: '' });
    expect(read()).toBe('none integrity [confidentiality]\n');
    world = createWorld({ parameters: { lockdown: 'nonsense' }, lsm: '' });
    expect(read()).toBe('[none] integrity confidentiality\n');
  });

  it('is not there in a kernel without lockdown', () => {
    expect(createWorld({ lsm: '', build: KERNEL_BUILDS.uml }).fs.existsSync(NODE)).toBe(false);
  });
});
