import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseMountLine } from './mount-info.ts';
import { OpenSockets } from './open-sockets.ts';
import { STAT, statField } from './stat.ts';
import { innermostNumber, StatusLines, statusField, statusMask, statusNumbers } from './status.ts';

describe('/proc/<pid>/stat', () => {
  it('has its fields behind a name that may hold anything', () => {
    const line = '9 (a) S 1 (b) R 1 2 3 0 -1 4194308 105 0';
    expect(statField(line, STAT.state)).toBe('R');
    expect(statField(line, STAT.parent)).toBe('1');
    expect(statField(line, STAT.flags)).toBe('4194308');
    expect(statField(line, STAT.startTime)).toBeUndefined();
    expect(statField('9 (cut', STAT.state)).toBeUndefined();
  });
});

describe('/proc/<pid>/status', () => {
  const text =
    'Name:\tUid:\\tx\nUmask:\t0022\nTgid:\t7\nNSpid:\t7\t1\nUid:\t1\t2\t3\t4\nGroups:\t10 20 \nCapEff:\t000000000000001f\nLast:\tone';
  it('has values behind a name and a tab', () => {
    expect(statusField(text, 'Name')).toBe('Uid:\\tx');
    expect(statusField(text, 'Last')).toBe('one');
    expect(statusField(text, 'gid')).toBeUndefined();
    expect(statusNumbers(text, 'Uid')).toEqual([1, 2, 3, 4]);
    expect(statusNumbers(text, 'Groups')).toEqual([10, 20]);
    expect(statusNumbers(text, 'Gid')).toEqual([]);
    expect(statusMask(text, 'CapEff')).toBe(0x1fn);
    expect(statusMask(text, 'Last')).toBeUndefined();
    expect(statusMask('CapEff:\t0000000000200', 'CapEff')).toBeUndefined(); // cut: all bits are elsewhere
    expect(innermostNumber(text, 'NSpid')).toBe(1);
    expect(innermostNumber(text, 'NStgid')).toBeUndefined();
  });
  it('has the value that was written', () => {
    const lines = fc.dictionary(fc.stringMatching(/^[A-Z][a-z]{1,5}$/), fc.stringMatching(/^[a-z0-9 \t]*$/), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(lines, (values) => {
        const whole = Object.entries(values).map(([name, value]) => `${name}:\t${value}\n`);
        for (const [name, value] of Object.entries(values)) expect(statusField(whole.join(''), name)).toBe(value);
      }),
    );
  });
  it('has the same lines in whichever order they are asked for', () => {
    const names = ['Name', 'Umask', 'Tgid', 'NSpid', 'Uid', 'Gid', 'Groups', 'CapEff', 'Last', 'id'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names)), (asked) => {
        const lines = new StatusLines(text);
        for (const name of asked) {
          expect(lines.field(name)).toBe(statusField(text, name));
          expect(lines.numbers(name)).toEqual(statusNumbers(text, name));
          expect(lines.mask(name)).toBe(statusMask(text, name));
        }
      }),
    );
  });
});

describe('open sockets', () => {
  it('are those whose links say so, of a thread that is there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(`\0lsmfs-open-sockets-${process.pid}`, resolve));
    // Other tests of this process may open and close some in between.
    await vi.waitFor(() => {
      const linked = readdirSync('/proc/self/fd').flatMap(socketAt).sort();
      expect(linked.length).toBeGreaterThan(0);
      expect(new OpenSockets().of(process.pid).sort()).toEqual(linked);
    }, 20_000);
    await new Promise((resolve) => server.close(resolve));
    expect(new OpenSockets().of(2 ** 30)).toEqual([]);
  });
});

function socketAt(fd: string): number[] {
  try {
    return [...readlinkSync(`/proc/self/fd/${fd}`).matchAll(/^socket:\[(\d+)\]$/g)].map(([, inode]) => Number(inode));
  } catch {
    return []; // the listing's own descriptor
  }
}

describe('a line of /proc/<pid>/mountinfo', () => {
  it('is divided by blanks alone', () => {
    const entry = parseMountLine(
      '82 25 0:61 / /mnt/\xc3\xa0\r rw shared:3 master:4 - fuse.x  rw,user_id=1000,dir=\x85',
    );
    expect(entry).toMatchObject({ id: 82, parent: 25, device: '0:61', mountPoint: '/mnt/\xc3\xa0\r', source: '' });
    expect(entry).toMatchObject({
      type: 'fuse.x',
      propagation: ' shared:3 master:4',
      options: 'rw,user_id=1000,dir=\x85',
    });
    expect(parseMountLine('')).toBeUndefined();
    expect(parseMountLine('nonsense - fuse')).toBeUndefined();
  });
});
