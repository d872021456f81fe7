/** Open files: positions, big writes, mappings, waiting, poll, and what is refused. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from './harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

test('a generated file of size 0 can be read, again and again', async () => {
  const { stdout } = await server.shell(
    'cat hello hello | wc -c; dd if=hello bs=10 skip=2 count=1 2>/dev/null | wc -c',
  );
  expect(stdout).toBe('128\n10\n');
});

test('a write leaves the position of a transaction file alone', async () => {
  expect(await server.client('transaction')).toEqual({
    first: ['0:fir', 'st query', ''],
    second: '0:second',
    third: 'EINVAL',
    positional: 6,
    again: '0:fourth',
  });
});

test('a shell redirection truncates, writes and works twice', async () => {
  const { stdout } = await server.shell(
    'echo one > work/file; echo two >> work/file; cat work/file; stat -c %s work/file',
  );
  expect(stdout).toBe('one\ntwo\n8\n');
});

describe('one large write(2)', () => {
  const LENGTH = 8 << 20;

  test.each([0, 100])('arrives whole, %i bytes into a page', async (shift) => {
    const { written, log } = (await server.client('bigWrite', String(LENGTH), String(shift))) as Record<
      string,
      unknown
    >;
    expect(written).toBe(LENGTH);
    expect(String(log).trim().split('\n').at(-1)).toBe(`0 ${LENGTH} false`);
  });

  test('arrives in marked parts where the kernel’s limit cannot be raised', async () => {
    const small = await TestServer.start({ pages: 256 });
    try {
      const parts = async (length: number, shift: number) => {
        const answer = (await small.client('bigWrite', String(length), String(shift))) as { log: string };
        return answer.log.trim().split('\n');
      };
      const whole = 256 * 4096;
      expect(await parts(2 * whole + 5, 0)).toEqual([
        `0 ${whole} true`,
        `${whole} ${whole} true`,
        `${2 * whole} 5 false`,
      ]);
      const unaligned = await parts(2 * whole, 100);
      expect(unaligned.slice(-3)).toEqual([
        `0 ${whole - 100} true`,
        `${whole - 100} ${whole} true`,
        `${2 * whole - 100} 100 false`,
      ]);
    } finally {
      await small.stop();
    }
  });
});

test('the kernel-wide limit is as before', async () => {
  const { stdout } = await server.shell('cat /proc/sys/fs/fuse/max_pages_limit 2>/dev/null || echo 256');
  expect(Number(stdout)).toBeLessThan(4096);
});

test('the status page can be mapped and follows every change', async () => {
  expect(await server.client('status')).toEqual({ before: 1, seen: [2, 3, 4], reread: 4 });
});

test('a snapshot has the size of its open, and can be mapped shared and private', async () => {
  const x = 'x'.charCodeAt(0);
  expect(await server.client('snapshot')).toEqual(
    [10_000, 20_000, 5_000].map((size) => ({ size, last: [x, x], length: size })),
  );
});

test('mappings that must fail do', async () => {
  // ENODEV for what is not in the page cache, EACCES for writing through a descriptor that can only read.
  expect(await server.client('refusedMappings')).toEqual(['errno 19', 'errno 19', 'errno 13']);
});

test('poll is woken', async () => {
  expect(await server.client('poll')).toEqual({ quiet: [0, 0], rung: [1, 1], text: expect.stringMatching(/^\d+\n$/) });
});

test('a waiting read ends with what it waited for', async () => {
  const { stdout } = await server.shell('(sleep 0.3; echo ring > bell) & head -c 1 bell | grep -c .; wait');
  expect(stdout).toBe('1\n');
});

test('a signal interrupts a waiting read, and the server goes on', async () => {
  const reader = spawn('cat', ['bell'], { cwd: server.directory, stdio: 'ignore' });
  const ended = new Promise((resolve) => reader.once('exit', (_code, signal) => resolve(signal)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  reader.kill('SIGINT');
  expect(await ended).toBe('SIGINT');
  expect((await server.shell('cat hello')).status).toBe(0);
});

test('bugs are EIO with a trace, the unknown is refused, nothing hangs', async () => {
  expect(await server.client('odd')).toEqual({
    ioctl: -25,
    fallocate: -95,
    throws: 'EIO',
    writeToReadOnly: 'EINVAL',
    streamSeek: -29,
    helloEnd: 0,
    helloData: -6,
    afterwards: 'hhhh',
  });
  expect(await server.line('trace READ: Error: bug in a handle')).toBeDefined();
});
