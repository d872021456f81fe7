import { chmodSync, linkSync, mkdtempSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AT_FDCWD, O_PATH } from '../../../linux/fcntl.ts';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { CallerView } from '../caller/caller-view.ts';
import { stampOf } from '../caller/file-stamp.ts';
import { Hazards } from '../caller/hazards.ts';
import type { ProcessStatus } from '../caller/process-status.ts';
import type { WorkerContext } from '../context.ts';
import { Epoch } from '../protocol/epoch.ts';
import { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import type { Question } from '../protocol/questions/index.ts';
import { ExecAnswers } from '../uses/exec-answers.ts';
import { announcesNamed, namedProgram, programKey } from './named-program.ts';

const TID = tidOf(process.pid);
const TGID = tgidOf(process.pid);

/** A directory with a program `p`, and a caller who may execute it: this process. */
function made() {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-named-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const program = path.join(directory, 'p');
  writeFileSync(program, 'one', { mode: 0o755 });
  const view = new CallerView(new Hazards());
  const announcements = new ProgramAnnouncements();
  const epoch = new Epoch();
  const execAnswers = new ExecAnswers(view, announcements, epoch);
  const host = { name: program, status: {} as Partial<ProcessStatus> };
  const context = {
    ...{ announces: false, checksExec: true, wantsExecDetails: false, fileUses: undefined, execAnswers, view },
    call: { tid: TID, low: () => 8, high: () => 0 },
    memory: { readString: () => host.name },
    files: {
      keepsLabels: false,
      pathOf: (fd: number) => view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '',
    },
  };
  const status = (): ProcessStatus =>
    ({ tgid: TGID, noNewPrivs: false, tracer: tidOf(0), ...host.status }) as ProcessStatus;
  /** The program was allowed. `old`: it was made long ago, else just now. @returns whether it is to be remembered by its name. */
  const remember = (old = true, type = 'ext4'): boolean => {
    const key = programKey(context as unknown as WorkerContext, 0);
    const fd = openSync(host.name, O_PATH);
    const stamp = stampOf(view, fd);
    const found = context.files.pathOf(fd);
    view.close(fd);
    view.forget();
    const changed = Number(stamp?.seconds) * 1000 + Number(stamp?.nanoseconds) / 1e6;
    const settled = stamp && { ...stamp, at: old ? changed + 60_000 : changed };
    const inode = inodeFacts({ ino: Number(stamp?.ino), filesystem: { type, id: type } });
    const file = {
      inode,
      path: found,
      device: stamp?.device ?? '',
      mode: 0o100755,
      nosuid: false,
      links: 1,
      mountId: 1,
    };
    const question = {
      deleted: false,
      disconnected: false,
      interpreters: [],
      path: found,
    } as unknown as Question<'exec'>;
    const named = key === undefined ? undefined : namedProgram(key, settled, { file }, question);
    if (named === undefined) return false;
    const { generation } = announcements;
    execAnswers.remember({ key: 'all', named, epoch: epoch.now, generation, tgid: TGID }, 40);
    return true;
  };
  /** What is asked of the kernel's caches fails where somebody renames or mounts anything meanwhile, as other tests do for milliseconds. */
  const isKnown = (more?: Partial<WorkerContext>): boolean => Array.from({ length: 200 }).some(() => isKnownNow(more));
  const isKnownNow = (more: Partial<WorkerContext> = {}): boolean => {
    const world = { ...context, ...more } as unknown as WorkerContext;
    const key = programKey(world, 0);
    const known = key !== undefined && announcesNamed(world, key, status());
    view.forget();
    expect(announcements.of(TGID)).toBe(known ? 40 : undefined);
    announcements.clear(TGID);
    return known;
  };
  return { directory, program, view, announcements, epoch, host, remember, isKnown };
}

it('a program that was allowed is announced by its name, until something is changed', () => {
  const { announcements, epoch, remember, isKnown } = made();
  expect(isKnown()).toBe(false);
  for (const change of [() => epoch.move(), () => announcements.moveGeneration()]) {
    expect(remember()).toBe(true);
    expect(isKnown()).toBe(true);
    change();
    expect(isKnown()).toBe(false);
  }
});

it('the file that has the name by then counts, as it is by then', () => {
  const { directory, program, remember, isKnown } = made();
  const other = path.join(directory, 'other');
  const changes = [
    () => writeFileSync(program, 'two'),
    () => chmodSync(program, 0o700),
    () => linkSync(program, `${program}-too`),
    () => writeFileSync(other, 'one', { mode: 0o755 }) ?? renameSync(other, program),
    () => rmSync(program) ?? symlinkSync('p-too', program),
    () => rmSync(program),
  ];
  for (const change of changes) {
    remember();
    expect(isKnown()).toBe(true);
    change();
    expect(isKnown()).toBe(false);
  }
});

it('a file that has not changed has another path when a directory on its way has another name', () => {
  const { directory, program, host, remember, isKnown } = made();
  symlinkSync(directory, `${directory}-link`);
  onTestFinished(() => rmSync(`${directory}-link`));
  host.name = path.join(`${directory}-link`, path.basename(program));
  remember();
  expect(isKnown()).toBe(true);
  renameSync(directory, `${directory}-moved`);
  onTestFinished(() => rmSync(`${directory}-moved`, { recursive: true }));
  rmSync(`${directory}-link`);
  symlinkSync(`${directory}-moved`, `${directory}-link`);
  expect(isKnown()).toBe(false);
});

it('one that has changed just now may change again, at the same time', () => {
  const { remember, isKnown } = made();
  expect(remember(false)).toBe(false);
  expect(isKnown()).toBe(false);
});

it('one that could be changed by a mapping at the same time is left out: with another interpreter it would be asked about', () => {
  const { remember, isKnown } = made();
  for (const type of ['tmpfs', 'ramfs', 'overlay']) expect(remember(true, type)).toBe(false);
  expect(isKnown()).toBe(false);
});

it('callers who are traced or confined, and worlds in which more is to be told of a program, are left out', () => {
  const { host, remember, isKnown } = made();
  remember();
  for (const status of [{ noNewPrivs: true }, { tracer: tidOf(3) }]) {
    host.status = status;
    expect(isKnown()).toBe(false);
  }
  host.status = {};
  expect(isKnown({ announces: true })).toBe(false);
  expect(isKnown({ wantsExecDetails: true })).toBe(false);
  expect(isKnown({ checksExec: false })).toBe(false);
  expect(isKnown({ fileUses: {} as unknown as NonNullable<WorkerContext['fileUses']> })).toBe(false);
  expect(isKnown()).toBe(true);
});

it('names are of the caller with its credentials, below its root, and lead to no file of a process', () => {
  const { program, view, host, remember, isKnown } = made();
  remember();
  const credentials = view.credentialsText.bind(view);
  for (const text of ['Uid:\t5', undefined]) {
    view.credentialsText = () => text;
    expect(isKnown()).toBe(false);
  }
  view.credentialsText = credentials;
  expect(isKnown()).toBe(true);
  const stamp = view.starts.stampOf.bind(view.starts);
  view.starts.stampOf = (...start) => {
    const root = stamp(...start);
    return root && { ...root, ino: root.ino + 1n };
  };
  expect(isKnown()).toBe(false);
  view.starts.stampOf = stamp;
  for (const name of ['p', `/proc/self/root${program}`, '/dev/fd/3', `${program}/`, '']) {
    host.name = name;
    expect(isKnown()).toBe(false);
  }
});
