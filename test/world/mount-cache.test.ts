/** What is remembered of lists of mounts is never older than the list: it is changed behind the cache's back in namespaces of others. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { MountQuery } from '../../host/mounts/mount-query.ts';
import { O_PATH } from '../../linux/fcntl.ts';
import { tidOf } from '../../linux/ids.ts';
import { CallerView } from '../../world/supervisor/caller/caller-view.ts';
import { Hazards } from '../../world/supervisor/caller/hazards.ts';
import { MountCache } from '../../world/supervisor/caller/mount-cache.ts';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

/** A shell that says when a command is done. */
class Shell {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(...command: string[]) {
    const [program = '', ...args] = [...command, 'sh'];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns what it printed first, or `ok`. @throws when it failed. */
  async run(command: string): Promise<string> {
    this.#child.stdin.write(`${command} && echo ok || echo failed\n`);
    const { value } = await this.#lines.next();
    if (value === 'failed' || value === undefined) throw new Error(command);
    return String(value);
  }

  async pid(): Promise<number> {
    this.#child.stdin.write('echo $$\n');
    const { value } = await this.#lines.next();
    return Number(value);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}

const shells: Shell[] = [];
function shell(...command: string[]): Shell {
  const made = new Shell(...command);
  shells.push(made);
  return made;
}
/** Its root directory is private to it. */
const namespace = (): Shell => shell('unshare', '-m', '--propagation', 'private');

afterEach(async () => {
  for (const each of shells.splice(0)) await each.end();
});

const mountPoints = (text: string): string[] => text.split('\n').map((line) => line.split(' ')[4] ?? '');
const list = (pid: number): string[] => mountPoints(readFileSync(`/proc/${pid}/mountinfo`, 'latin1'));

/** Nothing is mounted there. */
const PLACE = mkdtempSync(path.join(tmpdir(), 'lsmfs-cache-'));
afterAll(() => rmdirSync(PLACE));

describe('what is remembered of a list of mounts', () => {
  it('is read once as long as nothing is mounted or unmounted, and never later than that', async () => {
    const cache = new MountCache<string[]>();
    const shell = namespace();
    const pid = await shell.pid();
    const get = (): string[] => cache.get(pid, '', mountPoints);
    const first = get();
    expect(first).toEqual(list(pid));
    if (new MountQuery().namespaceOf(pid) !== undefined) expect(get()).toBe(first);
    for (let round = 0; round < 3; round++) {
      await shell.run(`mount -t tmpfs none ${PLACE}`);
      expect(get()).toContain(PLACE);
      await shell.run(`umount ${PLACE}`); // not busy with our having looked
      expect(get()).not.toContain(PLACE);
    }
  });

  it('is that of the namespace which the process is in now', async () => {
    const cache = new MountCache<string[]>();
    const [one, other] = [namespace(), namespace()];
    const [a, b] = [await one.pid(), await other.pid()];
    await one.run(`mount -t tmpfs none ${PLACE}`);
    for (let round = 0; round < 2; round++) {
      expect(cache.get(a, '', mountPoints)).toContain(PLACE);
      expect(cache.get(b, '', mountPoints)).not.toContain(PLACE);
    }
    await other.run(`mount -t tmpfs none ${PLACE}`);
    await one.run(`umount ${PLACE}`);
    expect(cache.get(a, '', mountPoints)).not.toContain(PLACE);
    expect(cache.get(b, '', mountPoints)).toContain(PLACE);
    const mover = shell('nsenter', '-t', String(b), '-m');
    const c = await mover.pid();
    expect(cache.get(c, '', mountPoints)).toContain(PLACE);
    expect(await mover.run(`exec nsenter -t ${a} -m sh -c 'echo moved; exec sh'`)).toBe('moved');
    expect(cache.get(c, '', mountPoints)).not.toContain(PLACE);
  });

  it('shows what is moved below another root', async () => {
    const cache = new MountCache<string[]>();
    const outside = namespace();
    const pid = await outside.pid();
    await outside.run(`mount -t tmpfs none ${PLACE}; cd ${PLACE}; mkdir root other new && mount --rbind / root`);
    await outside.run('mount -t tmpfs none other');
    const inside = shell('nsenter', '-t', String(pid), '-m', 'chroot', `${PLACE}/root`);
    const changed = await inside.pid();
    for (let round = 0; round < 2; round++) expect(cache.get(changed, '', mountPoints)).not.toContain(`${PLACE}/new`);
    await outside.run(`mount --move other root${PLACE}/new`);
    expect(cache.get(changed, '', mountPoints)).toEqual(list(changed));
    expect(list(changed)).toContain(`${PLACE}/new`);
  });

  it('depends on what it was read for, and is forgotten when the process is gone', async () => {
    const cache = new MountCache<number>();
    const shell = namespace();
    const pid = await shell.pid();
    expect(cache.get(pid, 'one', () => 1)).toBe(1);
    expect(cache.get(pid, 'two', () => 2)).toBe(2);
    await shell.end();
    expect(cache.get(pid, 'one', (text) => text.length)).toBe(0);
  });
});

describe('a mount that was found to block nobody', () => {
  /** With a rule of audit on the host (audit-rule.py) the kernel would ask the filesystem for attributes, and we would wait for ever. */
  const WITHOUT_RULES = ['flock', '--exclusive', '--wait=100', path.resolve('test/world/audit-rule.py')];
  const SERVED_BY_NOBODY = `exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none ${PLACE}`;

  it('says nothing of one that takes its place and its device number, whenever that happens', async (context) => {
    if (process.env.LSMFS_AUDIT_RULE !== undefined)
      context.skip('all of this runs with a rule of audit: we would wait for ever');
    const alone = shell(...WITHOUT_RULES, 'unshare', '-m', '--propagation', 'private');
    const tid = tidOf(await alone.pid());
    const hazards = new Hazards();
    const view = new CallerView(hazards);
    const look = () => {
      const fd = view.open(`/proc/${tid}/root${PLACE}`, O_PATH);
      const { mount, major, minor } = view.identity(fd) ?? { mount: undefined, major: -1, minor: -1 };
      view.close(fd);
      return { device: `${major}:${minor}`, mountOf: () => mount };
    };
    for (let round = 0; round < 3; round++) {
      await alone.run(`mount -t tmpfs none ${PLACE}`);
      hazards.forget();
      const plain = look();
      expect(hazards.waits(tid, plain.device, plain.mountOf)).toBe(false);
      await alone.run(`umount ${PLACE} && ${SERVED_BY_NOBODY}`);
      const served = look();
      // In the call that read the list, by the number that the list has.
      hazards.waits(tid, plain.device, served.mountOf);
      hazards.forget();
      for (const device of [served.device, plain.device]) expect(hazards.waits(tid, device, served.mountOf)).toBe(true);
      await alone.run(`exec 3>&-; umount ${PLACE}`); // umount(8) asks the filesystem first: it has ended
    }
  });
});

describe('the status of a mount', () => {
  it('is what statfs(2) says, whatever it is mounted with', async () => {
    const shell = namespace();
    const pid = await shell.pid();
    const query = new MountQuery();
    const told = query.namespaceOf(pid) !== undefined; // since Linux 6.11
    const view = new CallerView(new Hazards());
    await shell.run('mount -t tmpfs none /mnt');
    const options = ['ro', 'rw,nosuid,nodev', 'noexec,noatime', 'strictatime,nodiratime', 'nosymfollow,relatime'];
    for (const option of options) {
      await shell.run(`mount -o remount,bind,${option} /mnt`);
      const fd = view.open(`/proc/${pid}/root/mnt`, O_PATH);
      const magic = view.magic(fd);
      const flags = view.resultView.getUint32(80, true);
      const mount = view.identity(fd)?.mount; // since Linux 6.8
      expect(mount === undefined ? undefined : query.status(mount, pid)).toEqual(told ? { magic, flags } : undefined);
      expect(magic).toBe(statfsSync(`/proc/${pid}/root/mnt`).type);
      view.close(fd);
    }
  });
});

it('a world sees at once what is mounted and unmounted between two calls, in each of its mount namespaces', async () => {
  const commands = `
    type() { stat -f -c %t /mnt; }
    host=$(type)
    for round in 1 2 3; do
      mount -t selinuxfs none /mnt; type
      mount -t tmpfs none /mnt; type
      unshare -m sh -c 'umount /mnt; stat -f -c %t /mnt; umount /mnt'; type
      umount /mnt; type
      umount /mnt; [ "$(type)" = "$host" ] && echo host
    done`;
  const result = await lsmfs(['run', '--lsm=selinux', '--', 'unshare', '-m', 'sh', '-c', commands]);
  const round = ['f97cff8c', '1021994', 'f97cff8c', '1021994', 'f97cff8c', 'host'];
  expect(result.stderr).toBe('');
  expect(result.stdout.trim().split('\n')).toEqual([...round, ...round, ...round]);
  expect(result.leftovers).toSatisfy(isClean);
});
