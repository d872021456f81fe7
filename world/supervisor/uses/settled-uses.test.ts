import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { F_SETLEASE, F_SETSIG, F_WRLCK, O_PATH } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { tidOf } from '../../../linux/ids.ts';
import { SIGURG } from '../../../linux/signal.ts';
import { CallerView } from '../caller/caller-view.ts';
import { Hazards } from '../caller/hazards.ts';
import { Epoch } from '../protocol/epoch.ts';
import { FileMarks } from '../protocol/file-marks.ts';
import { SettledUses } from './settled-uses.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-settled-'));
const opened: number[] = [];
const ME = tidOf(process.pid);
const READ = { hook: 'open', mask: MAY_READ } as const;

afterAll(() => {
  for (const fd of opened) closeSync(fd);
  rmSync(folder, { recursive: true });
});

function open(name: string, flags: number): number {
  const fd = openSync(path.join(folder, name), flags);
  opened.push(fd);
  return fd;
}

async function setUp(name: string, flags = constants.O_RDONLY) {
  writeFileSync(path.join(folder, name), 'content');
  const [epoch, marks] = [new Epoch(), new FileMarks()];
  const view = new CallerView(new Hazards());
  const uses = new SettledUses(view, epoch, marks);
  const fd = open(name, flags);
  const { ino = -1 } = view.identity(fd) ?? {};
  const ask = (part = READ, of = fd) => {
    view.forget();
    return uses.ask(of, ME, part);
  };
  /** As if it had been asked about, and answered. */
  const settle = async (settled: 'unwritten' | 'always') => {
    await expect.poll(() => ask(), { timeout: 10_000 }).toBeDefined();
    const asked = ask();
    if (asked !== undefined && asked !== true) uses.remember(asked, { settled, mark: marks.of(ino) });
  };
  return { epoch, marks, ask, settle, ino };
}

describe('uses of files that need no further decision', () => {
  it('are remembered for the same use of the same file', async () => {
    const { ask, settle } = await setUp('one');
    await settle('always');
    expect(ask()).toBe(true);
    expect(ask({ ...READ, mask: MAY_WRITE } as never)).toMatchObject({ key: expect.any(String) });
    expect(ask({ ...READ, direct: true } as never)).toMatchObject({ key: expect.any(String) });
    expect(ask({ ...READ, hook: 'mmap' } as never)).toMatchObject({ key: expect.any(String) });
    writeFileSync(path.join(folder, 'two'), 'content');
    await expect
      .poll(() => ask(READ, open('two', constants.O_RDONLY)), { timeout: 10_000 })
      .toMatchObject({ key: expect.any(String) });
  });

  it('are forgotten when rules change, or when another use of the file was decided', async () => {
    const { ask, settle, epoch, marks, ino } = await setUp('three');
    await settle('always');
    marks.move(ino + 1);
    expect(ask()).toBe(true);
    marks.move(ino);
    expect(ask()).not.toBe(true);
    await settle('always');
    expect(ask()).toBe(true);
    epoch.move();
    expect(ask()).not.toBe(true);
  });

  it('are forgotten when the file was changed, and until its time differs from that of the change', async () => {
    const { ask, settle } = await setUp('four');
    await settle('always');
    writeFileSync(path.join(folder, 'four'), 'CONTENT');
    expect(ask()).not.toBe(true);
  });

  it('are asked about while somebody has the file open for writing, where that matters', async () => {
    const { ask, settle } = await setUp('five');
    await settle('unwritten');
    expect(ask()).toBe(true);
    const writer = openSync(path.join(folder, 'five'), constants.O_WRONLY);
    expect(ask()).toBeUndefined();
    closeSync(writer);
    expect(ask()).toBe(true);
  });

  it('are asked about where nobody can find out whether it is, because somebody has a lease', async () => {
    const { ask, settle } = await setUp('lease', O_PATH);
    await settle('unwritten');
    expect(ask()).toBe(true);
    const holder = openSync(path.join(folder, 'lease'), constants.O_RDWR);
    rawSyscall(NR.fcntl, holder, F_SETSIG, SIGURG);
    expect(rawSyscall(NR.fcntl, holder, F_SETLEASE, F_WRLCK)).toBe(0);
    expect(ask()).toBeUndefined();
    closeSync(holder);
    expect(ask()).toBe(true);
  });

  it('are none of what is no ordinary file', async () => {
    const { ask } = await setUp('six');
    expect(ask(READ, open('.', constants.O_RDONLY))).toBe(true);
  });
});
