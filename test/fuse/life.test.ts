/** Beginning and end of connections: several in one process, orderly and sudden ends, nothing left behind. */
import { expect, test } from 'vitest';
import { mounted, run, TestServer } from './harness.ts';

async function serving<T>(
  options: Parameters<typeof TestServer.start>[0],
  use: (server: TestServer) => Promise<T>,
): Promise<T> {
  const server = await TestServer.start(options);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

test('one process serves many mounts at once', () =>
  serving({ mounts: 8 }, async (server) => {
    const answers = await Promise.all(server.directories.map((directory) => run('ls', ['-R', directory])));
    for (const answer of answers) expect(answer.stdout.split('\n').filter((name) => name === 'f099')).toHaveLength(2);
    expect(await server.ask('devices')).toBe('devices 16');
  }));

test('close gives every descriptor back and ends callers with ENOTCONN', () =>
  serving({ mounts: 2 }, async (server) => {
    const waiting = server.shell('cat bell');
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.process.stdin?.write('close\n');
    expect(await server.line('ended')).toBe('ended closed');
    expect(await server.ask('devices')).toBe('devices 0');
    expect((await waiting).stderr).toMatch(/abort|not connected/i);
    expect((await run('ls', [server.directory])).stderr).toContain('not connected');
  }));

test('unmounting ends the connection', () =>
  serving({}, async (server) => {
    expect((await run('umount', [server.directory])).status).toBe(0);
    expect(mounted(server.directory)).toBe(false);
    expect(await server.line('ended')).toBe('ended ENODEV');
    expect(await server.ask('devices')).toBe('devices 0');
  }));

test('the process ends by itself when its mounts are gone', () =>
  serving({}, async (server) => {
    const ended = new Promise((resolve) => server.process.once('exit', resolve));
    server.process.stdin?.end();
    expect(await ended).toBe(0);
  }));

test('after SIGKILL of the server callers get an error, not a hang', () =>
  serving({}, async (server) => {
    const waiting = server.shell('cat bell');
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.process.kill('SIGKILL');
    expect((await waiting).status).toBe(1);
    expect((await server.shell('cat hello')).status).not.toBe(0);
  }));
