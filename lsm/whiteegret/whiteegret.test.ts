import { promisify } from 'node:util';
import { beforeEach, expect, it } from 'vitest';
import { Execution } from '../framework/testing/execution.ts';
import { execCall } from '../framework/testing/files.ts';
import { createWorld, type World, type WorldTask } from '../library/index.ts';
import { MODULES } from '../modules.ts';

const WECOM = '/sys/kernel/security/whiteegret/wecom';
const EACCES = 13;
const BROKEN = 'WhiteEgret: Checking white list does not work.';

let world: World;
let checker: WorldTask;
let task: WorldTask;

beforeEach(() => {
  world = createWorld({ lsm: 'whiteegret' });
  checker = world.spawn();
  task = world.spawn({ uid: 1000 });
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

function executing(path: string, interpreters: readonly string[] = []) {
  const call = execCall({ filename: path, interpreters: interpreters.map((one) => fileOf(one)) });
  const execution = new Execution(world.stack.files.mayExecOrWait({ ...fileOf(path), call }, task.caller));
  return {
    execution,
    get outcome(): string {
      const { outcome } = execution;
      return outcome === 'waits' ? outcome : (outcome?.code ?? 'runs');
    },
  };
}

function ack(permit: number, tgid: number = task.caller.tgid): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(permit, 0);
  bytes.writeInt32LE(tgid, 4);
  return bytes;
}

async function next(fd: number, size = 1024) {
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await promisify(checker.fs.read)(fd, buffer, 0, size, null);
  const bytes = buffer.subarray(0, bytesRead);
  const length = bytes.readInt32LE(32);
  return { bytes, path: bytes.toString('latin1', 36, 36 + length) };
}

it('asks nobody when there is no checker', () => {
  expect(executing('/bin/x').outcome).toBe('runs');
});

it('tells of programs in the posted layout, and takes the answer', async () => {
  const fd = start();
  const reading = next(fd);
  const program = executing('/usr/bin/thing');
  const { bytes, path } = await reading;
  expect([path, program.outcome]).toEqual(['/usr/bin/thing', 'waits']);
  expect(bytes).toHaveLength(36 + path.length + 1);
  expect([0, 4, 12, 24, 28, 32].map((at) => bytes.readInt32LE(at))).toEqual([1, task.tid, task.tid, 8, 1, 14]);
  expect(bytes.readBigUInt64LE(16)).toBe(0x1_0000_0002n);
  expect(checker.fs.writeSync(fd, ack(-EACCES))).toBe(8);
  expect(program.outcome).toBe('EACCES');
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
  const program = executing('/bin/x');
  await next(fd);
  checker.fs.writeSync(fd, ack(permit));
  expect(program.outcome).toBe('runs');
  expect(world.kernelLog).toContain('WhiteEgret: permit /bin/x, ino=4294967298, devno=0x800001.');
  expect(world.kernelLog.includes(BROKEN)).toBe(permit !== 0);
});

it('asks about a script, then about its interpreter', async () => {
  const fd = start();
  const program = executing('/bin/script', ['/bin/sh']);
  const seen: string[] = [];
  for (const permit of [0, -EACCES]) {
    seen.push((await next(fd)).path, program.outcome);
    checker.fs.writeSync(fd, ack(permit));
    seen.push(program.outcome);
  }
  expect(seen).toEqual(['/bin/script', 'waits', 'waits', '/bin/sh', 'waits', 'EACCES']);
});

it('shows the first program until it is answered', async () => {
  const fd = start();
  executing('/bin/x');
  expect([(await next(fd)).path, (await next(fd)).path]).toEqual(['/bin/x', '/bin/x']);
});

it('waits ten seconds for an answer, also with a signal, and then it comes too late', () => {
  const fd = start();
  const program = executing('/bin/x');
  program.execution.secondsPass(9);
  program.execution.interrupt();
  expect(program.outcome).toBe('waits');
  program.execution.secondsPass(1);
  expect([program.outcome, world.kernelLog.at(-1)]).toEqual(['runs', BROKEN]);
  expect(codeOf(() => checker.fs.writeSync(fd, ack(-EACCES)))).toBe('EACCES');
  expect(codeOf(() => checker.fs.readSync(fd, Buffer.alloc(1024)))).toBe('EAGAIN');
});

it('refuses who cannot wait, without a word', () => {
  const fd = start();
  const program = executing('/bin/x');
  program.execution.withdraw();
  expect([program.outcome, world.stack.files.mayExec(fileOf('/bin/x'), task.caller)?.code]).toEqual([
    'EACCES',
    'EACCES',
  ]);
  expect(world.kernelLog.filter((line) => /block|permit|work/.test(line))).toEqual([]);
  expect(codeOf(() => checker.fs.readSync(fd, Buffer.alloc(1024)))).toBe('EAGAIN');
});

it('lets everything run when the checker is gone', () => {
  const fd = start();
  const programs = [executing('/bin/script', ['/bin/sh']), executing('/bin/x')];
  checker.fs.closeSync(fd);
  expect([...programs, executing('/bin/x')].map(({ outcome }) => outcome)).toEqual(['runs', 'runs', 'runs']);
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
  const program = executing('/bin/x');
  expect(codeOf(() => checker.fs.readSync(fd, Buffer.alloc(64 + 6)))).toBe('EAGAIN');
  expect(program.outcome).toBe('EACCES');
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
