import { describe, expect, it } from 'vitest';
import { createWorld } from './index.ts';

describe('createWorld', () => {
  it('does what its documentation says', () => {
    const world = createWorld({ lsm: 'yama,lockdown' });
    const shell = world.spawn();
    shell.fs.writeFileSync('/proc/sys/kernel/yama/ptrace_scope', '2\n');
    expect(shell.fs.readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8')).toBe('2\n');
    expect(world.fs.readFileSync('/sys/kernel/security/lsm', 'utf8')).toBe('lockdown,capability,yama,ima,evm');
  });

  it('mounts selinuxfs where it belongs when selinux runs', () => {
    expect(createWorld({ lsm: '' }).fs.existsSync('/sys/fs/selinux')).toBe(false);
    const world = createWorld({ lsm: 'selinux' });
    expect(world.fs.readFileSync('/sys/fs/selinux/enforce', 'latin1')).toBe('0');
    expect(world.fs.readFileSync('/proc/filesystems', 'latin1')).toBe('nodev\tsecurityfs\nnodev\tselinuxfs\n');
  });

  it('shows each task itself under /proc/self and /proc/thread-self', () => {
    const world = createWorld({ lsm: 'selinux' });
    const task = world.spawn({ comm: 'sh' });
    const thread = task.thread();
    expect(thread.fs.readlinkSync('/proc/self')).toBe(String(task.tid));
    expect(thread.fs.readlinkSync('/proc/thread-self')).toBe(`${task.tid}/task/${thread.tid}`);
    expect(world.fs.readlinkSync('/proc/self')).toBe('1');
    expect(world.init.caller.tgid).toBe(1);
    expect(task.fs.readFileSync('/proc/self/attr/current', 'latin1')).toBe('kernel\0');
  });

  it('inherits over fork, per task', () => {
    const world = createWorld({ lsm: 'selinux' });
    const parent = world.spawn();
    parent.fs.writeFileSync('/proc/thread-self/attr/fscreate', 'kernel', { flag: 'r+' });
    const child = parent.fork();
    const value = (task: typeof parent) => task.fs.readFileSync('/proc/self/attr/fscreate', 'latin1');
    expect(value(child)).toBe('kernel\0');
    child.exec({ path: '/bin/true' });
    expect([value(child), value(parent)]).toEqual(['', 'kernel\0']);
  });

  it('forgets a task that exits', () => {
    const world = createWorld({ lsm: 'selinux' });
    const task = world.spawn();
    const path = `/proc/${task.tid}/attr/current`;
    expect(world.fs.existsSync(path)).toBe(true);
    task.exit();
    expect(world.fs.existsSync(path)).toBe(false);
  });

  it('follows a change of user: directories at once, files after exec', () => {
    const world = createWorld({ lsm: 'selinux' });
    const task = world.spawn();
    task.setIdentity({ uid: 1000, gid: 1000 });
    const owner = (name: string) => world.fs.statSync(`/proc/${task.tid}/${name}`).uid;
    expect([owner('attr'), owner('attr/current')]).toEqual([1000, 0]);
    task.exec({ path: '/bin/sh' });
    expect([owner('attr'), owner('attr/current')]).toEqual([1000, 1000]);
    expect(task.caller).toMatchObject({ uid: 1000, capabilities: 0n, comm: 'sh' });
  });

  it('exec in a thread leaves that thread only, under the id of the process', () => {
    const world = createWorld({ lsm: 'selinux' });
    const leader = world.spawn();
    const thread = leader.thread();
    const { tid: pid } = leader;
    thread.exec({ path: '/bin/true' });
    expect(thread.tid).toBe(pid);
    expect(world.fs.readdirSync(`/proc/${pid}/task`)).toEqual([String(pid)]);
  });

  it('lets a task leave for an SELinux namespace and mount its selinuxfs, for itself and its children', () => {
    const world = createWorld({ lsm: 'selinux' });
    const shell = world.spawn();
    const container = shell.fork();
    const enforce = (task: typeof shell) => task.fs.readFileSync('/sys/fs/selinux/enforce', 'utf8');
    container.fs.writeFileSync('/sys/fs/selinux/unshare', '1');
    expect(() => container.fs.writeFileSync('/sys/fs/selinux/enforce', '1')).toThrow('EPERM');
    container.mount('selinuxfs');
    container.fs.writeFileSync('/sys/fs/selinux/enforce', '1');
    expect([enforce(shell), enforce(container), enforce(container.fork()), enforce(shell.fork())]).toEqual([
      '0',
      '1',
      '1',
      '0',
    ]);
    expect(world.as(container).readFileSync('/sys/fs/selinux/unshare', 'utf8')).toBe('1');
    container.mount('selinuxfs', '/mnt/selinux');
    expect(container.fs.existsSync('/mnt/selinux/enforce')).toBe(true);
    expect(shell.fs.existsSync('/mnt/selinux/enforce')).toBe(false);
    expect(() => shell.mount('nopefs', '/mnt')).toThrow('ENODEV');
  });
});
