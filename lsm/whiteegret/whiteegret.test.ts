import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { consentOf } from '../framework/files/consent.ts';
import { createWorld, type World, type WorldTask } from '../library/index.ts';
import { MODULES } from '../modules.ts';

const WECOM = '/sys/kernel/security/whiteegret/wecom';
const EACCES = 13;

let world: World;
let checker: WorldTask;
let task: WorldTask;

beforeEach(() => {
  vi.useFakeTimers();
  world = createWorld({ lsm: 'whiteegret' });
  checker = world.spawn();
  task = world.spawn({ uid: 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const codeOf = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};
const start = (): number => checker.fs.openSync(WECOM, 'r+');
const inode = { class: 'file', filesystem: { type: 'ext4', id: 'd' }, path: '/x', uid: 0, gid: 0, xattrs: {} } as const;
const fileOf = (path: string, ino = 0x1_0000_0002) => ({
  ...{ path, device: '8:1', mode: 0o100755 },
  inode: { ...inode, ino },
});

/** The errno that the execution of a program ends with, or 0, when it has ended. */
function executing(path: string, interpreters: readonly string[] = []) {
  const call = { ...{ filename: path, deleted: false, disconnected: false, nosuid: false }, noNewPrivs: false };
  const program = {
    ...fileOf(path),
    call: { ...call, fsuid: 0, interpreters: interpreters.map((one) => fileOf(one)) },
  };
  const consents = world.stack.files.consents(program, task.caller);
  const ended: number[] = [];
  const done = consentOf(consents).then((errno) => void ended.push(errno));
  return { ended, done, asks: consents.length };
}

function ack(permit: number, tgid: number = task.caller.tgid): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(permit, 0);
  bytes.writeInt32LE(tgid, 4);
  return bytes;
}

async function next(fd: number, size = 1024) {
  const bytes = Buffer.from(await checker.fs.read(fd, size));
  const length = bytes.readInt32LE(32);
  return { bytes, path: bytes.toString('latin1', 36, 36 + length) };
}

it('asks nobody when there is no checker', async () => {
  const { done, ended, asks } = executing('/bin/x');
  await done;
  expect([asks, ended]).toEqual([0, [0]]);
});

it('tells of programs in the posted layout, and takes the answer', async () => {
  const fd = start();
  const reading = next(fd);
  const { done, ended } = executing('/usr/bin/thing');
  const { bytes, path } = await reading;
  expect(path).toBe('/usr/bin/thing');
  expect(bytes).toHaveLength(36 + path.length + 1);
  expect([0, 4, 12, 24, 28, 32].map((at) => bytes.readInt32LE(at))).toEqual([1, task.tid, task.tid, 8, 1, 14]);
  expect(bytes.readBigUInt64LE(16)).toBe(0x1_0000_0002n);
  expect(checker.fs.writeSync(fd, ack(-EACCES))).toBe(8);
  await done;
  expect(ended).toEqual([EACCES]);
  expect(world.kernelLog.at(-1)).toBe('WhiteEgret: block /usr/bin/thing, ino=4294967298, devno=0x800001.');
  checker.fs.closeSync(fd);
});

it('has a message of 40 bytes at least', async () => {
  const fd = start();
  executing('/x');
  const { bytes, path } = await next(fd);
  expect([path, bytes.length]).toEqual(['/x', 40]);
});

it.each([0, 1, -1, -22])('%i permits', async (permit) => {
  const fd = start();
  const { done, ended } = executing('/bin/x');
  await next(fd);
  checker.fs.writeSync(fd, ack(permit));
  await done;
  expect(ended).toEqual([0]);
  expect(world.kernelLog).toContain('WhiteEgret: permit /bin/x, ino=4294967298, devno=0x800001.');
  expect(world.kernelLog.includes('WhiteEgret: Checking white list does not work.')).toBe(permit !== 0);
});

it('asks about a script, then about its interpreter', async () => {
  const fd = start();
  const { done, ended, asks } = executing('/bin/script', ['/bin/sh']);
  expect(asks).toBe(2);
  const paths: string[] = [];
  for (const permit of [0, -EACCES]) {
    paths.push((await next(fd)).path);
    checker.fs.writeSync(fd, ack(permit));
    await vi.advanceTimersByTimeAsync(0);
  }
  await done;
  expect([paths, ended]).toEqual([['/bin/script', '/bin/sh'], [EACCES]]);
});

it('shows the first program until it is answered', async () => {
  const fd = start();
  executing('/bin/x');
  expect([(await next(fd)).path, (await next(fd)).path]).toEqual(['/bin/x', '/bin/x']);
});

it('waits ten seconds for an answer, which then comes too late', async () => {
  const fd = start();
  const { ended } = executing('/bin/x');
  await vi.advanceTimersByTimeAsync(9999);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toEqual([0]);
  expect(world.kernelLog.at(-1)).toBe('WhiteEgret: Checking white list does not work.');
  expect(codeOf(() => checker.fs.writeSync(fd, ack(-EACCES)))).toBe('EACCES');
  expect(codeOf(() => checker.fs.readSync(fd, Buffer.alloc(1024)))).toBe('EAGAIN');
});

it('lets everything run when the checker is gone', async () => {
  const fd = start();
  const { done, ended } = executing('/bin/script', ['/bin/sh']);
  checker.fs.closeSync(fd);
  await done;
  expect([ended, executing('/bin/x').asks]).toEqual([[0], 0]);
});

it('has one checker, who is root, at a time', () => {
  const fd = start();
  expect(codeOf(start)).toBe('EACCES');
  checker.fs.closeSync(fd);
  expect(codeOf(() => task.fs.openSync(WECOM, 'r+'))).toBe('EACCES');
  checker.fs.closeSync(start());
});

it('refuses what does not fit into what is read, and waits for the next', async () => {
  const fd = start();
  const { done, ended } = executing('/bin/x');
  expect(codeOf(() => checker.fs.readSync(fd, Buffer.alloc(64 + 6)))).toBe('EAGAIN');
  await done;
  expect(ended).toEqual([EACCES]);
  executing('/bin/x');
  expect((await next(fd, 64 + 7)).path).toBe('/bin/x');
});

it('knows no answers to what was not asked, nor short ones', () => {
  const fd = start();
  executing('/bin/x');
  const errors = [ack(0, 1), ack(0).subarray(0, 7), Buffer.alloc(0)].map((data) =>
    codeOf(() => checker.fs.writeSync(fd, data)),
  );
  expect(errors).toEqual(['EACCES', 'EFAULT', 'EFAULT']);
  expect(checker.fs.writeSync(fd, Buffer.concat([ack(0), ack(0)]))).toBe(8);
});

it('is in profile talk alone', () => {
  const definition = MODULES.find(({ name }) => name === 'whiteegret');
  expect([definition?.proposed, definition?.supposed]).toEqual([true, undefined]);
  const other = createWorld({ lsm: 'whiteegret,caitsith', profile: 'mainline', refuse: 'none' });
  expect(other.stack.active.filter((name) => /egret|caitsith/.test(name))).toEqual([]);
});
