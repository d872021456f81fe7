import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { NamespaceBox, type NamespaceTask } from '../../../test/selinux/namespace-box.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';

const APP = 'msys_u:msys_r:mapp_t:s0';

/** How many namespaces may still be made when `maxns` counts `live`. */
function countIs(box: NamespaceBox, live: number): boolean {
  const task = box.spawn();
  const limit = box.kernel.read('maxns');
  box.kernel.write('maxns', String(live));
  const full = task.write('unshare', '1') === 'ENOMEM';
  box.kernel.write('maxns', String(live + 1));
  const room = task.write('unshare', '1') === 1;
  box.kernel.write('maxns', limit);
  task.exit();
  return full && room;
}

function start(policy?: string) {
  const box = new NamespaceBox({ profile: 'talk', ...(policy && { policy }) });
  const unused: Filesystem[] = [];
  box.recorded.onUnused((filesystem) => unused.push(filesystem));
  return { box, unused, host: box.spawn() };
}

describe('the end of a namespace', () => {
  it('comes with its last task when nobody ever mounted it', () => {
    const { box, unused, host } = start();
    const task = host.fork();
    task.write('unshare', '1');
    const child = task.fork();
    expect(countIs(box, 2)).toBe(true);
    task.exit();
    expect(countIs(box, 2)).toBe(true);
    child.exit();
    expect(countIs(box, 1)).toBe(true);
    expect(unused).toEqual([]);
  });

  it('waits for the mount, which stays readable, and is told once', () => {
    const { box, unused, host } = start('mini.33');
    const task = host.fork();
    task.descend();
    task.write('load', policyImage('mini.33'));
    task.write('enforce', '1');
    const filesystem = task.mount();
    const watcher = host.through(task);
    task.exit();
    expect(unused).toEqual([filesystem]);
    expect(countIs(box, 2)).toBe(true);
    expect([watcher.read('enforce'), watcher.read('booleans/mone')]).toEqual(['1', '1 1']);
    expect(watcher.write('enforce', '0')).toBe('EPERM');
    box.recorded.released(filesystem);
    expect(countIs(box, 1)).toBe(true);
    box.recorded.released(filesystem); // once more does nothing
    expect(countIs(box, 1)).toBe(true);
  });

  it('waits for the namespaces inside it, then lets go of the one around', () => {
    const { box, unused, host } = start();
    const outer = host.fork();
    outer.descend();
    const inner = outer.fork();
    inner.descend();
    const [outside, inside] = [outer.mount(), inner.mount()];
    outer.exit();
    expect(unused).toEqual([]);
    inner.exit();
    expect(unused).toEqual([inside]);
    box.recorded.released(inside);
    expect(unused).toEqual([inside, outside]);
    expect(countIs(box, 2)).toBe(true);
    box.recorded.released(outside);
    expect(countIs(box, 1)).toBe(true);
  });

  it('does not come while a task lives on, although no mount is left', () => {
    const { box, unused, host } = start();
    const task = host.fork();
    task.descend();
    const filesystem = task.mount();
    box.recorded.released(filesystem);
    expect([unused, countIs(box, 2)]).toEqual([[], true]);
    expect(task.mount()).toBe(filesystem);
    task.exit();
    expect(unused).toEqual([filesystem]);
  });

  it('does not come with threads and programs that go while others stay', () => {
    const { box, host } = start();
    const task = host.fork();
    task.write('unshare', '1');
    const thread = task.thread();
    task.thread().exit();
    thread.exec(); // the others of its process are gone, it took the leader's id
    expect(countIs(box, 2)).toBe(true);
    thread.exit();
    expect(countIs(box, 1)).toBe(true);
  });

  it('of a chain to its last link: a task that leaves for the next keeps all behind it', () => {
    const { box, host } = start();
    const task = host.fork();
    for (let depth = 0; depth < 8; depth++) expect(task.write('unshare', '1')).toBe(depth === 0 ? 1 : 'EPERM');
    for (let depth = 0; depth < 8; depth++) expect(task.descend()).toBe(depth === 0 ? 'EPERM' : 1);
    expect(countIs(box, 9)).toBe(true);
  });

  it('is undone by a process that was found late', () => {
    const { box, host } = start();
    const task = host.fork();
    task.write('unshare', '1');
    task.exit();
    expect(countIs(box, 1)).toBe(true);
    const late = task.fork(); // its parent is a zombie
    expect(late.read('unshare')).toBe('1');
    expect(countIs(box, 2)).toBe(true);
    late.exit();
    expect(countIs(box, 1)).toBe(true);
  });

  it('leaves a zombie what it was', () => {
    const { box, host } = start('mini.33');
    const task = host.fork();
    task.write('/attr/current', APP);
    task.descend();
    task.write('load', policyImage('mini.33'));
    const filesystem = task.mount();
    box.stack.apply({ kind: 'exit', tid: task.caller.tid });
    box.recorded.released(filesystem);
    expect(host.read(`/${task.caller.tid}/attr/current`)).toBe(`${APP}\0`);
  });
});

it('two hundred namespaces at once stay apart', () => {
  const { box, host } = start('mini.33');
  const tasks = Array.from({ length: 200 }, (_, index) => {
    const task = host.fork();
    expect(task.descend(`ns${index}`)).toBe(`ns${index}`.length);
    task.write('enforce', String(index % 2));
    return task;
  });
  tasks.slice(0, 20).forEach((task, index) => {
    task.write('load', policyImage('mini.33'));
    task.write('booleans/mone', String(index % 2));
    task.write('commit_pending_bools', '1');
  });
  tasks.forEach((task, index) => {
    expect(task.read('enforce')).toBe(String(index % 2));
    expect(task.list('booleans').length).toBe(index < 20 ? 3 : 0);
    if (index < 20) expect(task.read('booleans/mone')).toBe(`${index % 2} ${index % 2}`);
  });
  expect(countIs(box, 201)).toBe(true);
  const trees = tasks.map((task) => task.mount());
  expect(new Set(trees).size).toBe(200);
  tasks.forEach((task) => {
    task.exit();
  });
  for (const tree of trees) box.recorded.released(tree);
  expect(countIs(box, 1)).toBe(true);
});

describe('system calls', () => {
  const call = (box: NamespaceBox, task: NamespaceTask) => {
    const ctx = new Uint8Array(32);
    const view = new DataView(ctx.buffer);
    view.setBigUint64(0, 101n, true);
    view.setBigUint64(16, 32n, true);
    const result = box.stack.syscalls.setSelfAttr({ attr: 106, ctx, size: 32, flags: 0 }, task.caller);
    return failed(result) ? result.code : result;
  };
  const fresh = (box: NamespaceBox, task: NamespaceTask) => {
    const header = new Uint8Array(32);
    new DataView(header.buffer).setBigUint64(0, 101n, true);
    const answer = box.stack.syscalls.getSelfAttr(
      { attr: 106, ctxPresent: true, header, size: 4096, flags: 1 },
      task.caller,
    );
    if (failed(answer.result)) return answer.result.code;
    const view = new DataView(Uint8Array.from(answer.data ?? []).buffer);
    return [answer.result, Number(view.getBigUint64(24, true)), view.getUint8(32)];
  };

  it.each(['talk', '2025'] as const)('unshare, and tell whether a policy is still to come: %s', (profile) => {
    const box = new NamespaceBox({ profile, policy: 'mini.33' });
    const task = box.spawn();
    expect(fresh(box, task)).toEqual([1, 1, 0]);
    expect(call(box, task)).toBe(0);
    expect([task.read('unshare'), fresh(box, task)]).toEqual(['1', [1, 1, 1]]);
    task.mount();
    task.write('load', policyImage('mini.33'));
    expect(fresh(box, task)).toEqual([1, 1, 0]);
    expect(fresh(box, box.spawn())).toEqual([1, 1, 0]);
  });

  it.each(['mainline', '2018'] as const)('are not in %s', (profile) => {
    const box = new NamespaceBox({ profile });
    const task = box.spawn();
    expect([call(box, task), fresh(box, task)]).toEqual(['EOPNOTSUPP', 'EOPNOTSUPP']);
  });

  it('need no capability but a permission, and say what is wrong with limits', () => {
    const box = new NamespaceBox({ profile: '2025', policy: 'minideny.33' });
    const task = box.spawn();
    const other = box.spawn();
    task.write('/attr/current', APP);
    box.kernel.write('enforce', '1');
    expect(call(box, task)).toBe('EACCES');
    expect(box.log.at(-1)).toMatch(/denied {2}\{ unshare_selinuxns \}.* tclass=process2 permissive=0$/);
    box.kernel.write('enforce', '0');
    Object.assign(other.caller, { capabilities: 0n, uid: 1000 });
    expect(call(box, other)).toBe(0);
    box.kernel.write('maxns', '2');
    expect(call(box, task)).toBe('ENOSPC');
    box.kernel.write('maxns', '9');
    box.kernel.write('maxnsdepth', '1');
    expect(call(box, other)).toBe('ENOSPC');
  });
});
