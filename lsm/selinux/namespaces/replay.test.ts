import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APP, DATA } from '../../../test/selinux/confined-namespace.ts';
import { NamespaceBox, type NamespaceTask } from '../../../test/selinux/namespace-box.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';
import { eventToJson } from '../../../vfs/recorder/events.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import { type LogEntry, replayLog } from '../../framework/journal.ts';
import { readLogEntry } from '../../framework/journal-entry.ts';

describe('a log', () => {
  /** As it would come back from a file. */
  const stored = (entries: readonly LogEntry[]) => entries.map((entry) => readLogEntry(eventToJson(entry)));

  it('rebuilds namespaces, what was written in each, and their ends', () => {
    const box = new NamespaceBox({ profile: 'talk', policy: 'mini.33' });
    const host = box.spawn();
    const child = host.fork();
    child.write('/attr/current', APP);
    child.descend('one');
    const tree = child.mount();
    child.write('load', policyImage('mini.33'));
    child.write('booleans/mone', '0');
    child.write('commit_pending_bools', '1');
    child.write('enforce', '1');
    host.write('booleans/mtwo', '0');
    child.through(host).write('enforce', '1'); // EPERM then and now
    const gone = host.fork();
    gone.descend('two');
    const released = gone.mount();
    gone.exit();
    box.recorded.released(released);
    const kept = host.fork();
    kept.descend('three');
    kept.mount();
    kept.exit();
    child.write('/attr/exec', APP);

    const again = new NamespaceBox({ profile: 'talk' });
    replayLog(again.stack, stored(box.entries));
    for (const { caller } of [host, child]) again.revive(caller);
    const twin = (task: NamespaceTask) => task.on(again);
    const names = ['enforce', 'booleans/mone', 'booleans/mtwo', 'status', 'unshare', '/attr/current', '/attr/exec'];
    const dump = (task: NamespaceTask) => names.map((name) => task.read(name));
    expect(dump(twin(child))).toEqual(dump(child));
    expect(dump(twin(host))).toEqual(dump(host));
    expect(twin(host).read(`/${child.caller.tid}/attr/current`)).toBe(`${APP}\0`);
    expect(tree.instance).toBe(1);
    expect(again.stack.filesystems.instance('selinuxfs', 1)).toBeDefined();
    expect(again.stack.filesystems.instance('selinuxfs', 2)).toBeUndefined();
    expect(again.stack.filesystems.instance('selinuxfs', 3)).toBeDefined();
  });

  type Action = (task: NamespaceTask, box: NamespaceBox, out: Filesystem[]) => NamespaceTask | undefined;
  const write =
    (name: string, data: string | Uint8Array): Action =>
    (task) =>
      void task.write(name, data);
  const ACTIONS: readonly Action[] = [
    (task) => task.fork(),
    (task) => task.thread(),
    (task) => void task.descend(),
    (task) => void task.write('unshare', '1'),
    (task) => void task.mount(),
    (task, _box, out) => void out.push(task.mount()),
    (_task, box, out) => {
      for (const filesystem of out.splice(0)) box.recorded.released(filesystem);
      return undefined;
    },
    (task) => void task.exec(),
    write('load', policyImage('mini.33')),
    write('load', policyImage('minideny.33')),
    write('enforce', '1'),
    write('enforce', '0'),
    write('booleans/mone', '0'),
    write('booleans/mtwo', '1'),
    write('commit_pending_bools', '1'),
    write('maxns', '6'),
    write('/attr/current', APP),
    write('/attr/exec', APP),
    write('/attr/fscreate', DATA),
  ];
  const SHOWN = ['enforce', 'booleans/mone', 'booleans/mtwo', 'status', 'unshare', 'maxns', 'mls'];
  const ATTRS = ['current', 'prev', 'exec', 'fscreate'];

  it('rebuilds them whatever happened', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(ACTIONS.length - 1)), { maxLength: 40 }), (steps) => {
        const box = new NamespaceBox({ profile: 'talk', policy: 'mini.33' });
        const tasks = [box.spawn()];
        const out: Filesystem[] = [];
        const gone = new Set<number>();
        for (const [who, what] of steps) {
          const task = tasks[who % tasks.length];
          if (task === undefined) continue;
          // An exec ends the other threads of its process.
          const made = ACTIONS[what]?.(task, box, out);
          if (made !== undefined) tasks.push(made);
          for (const other of tasks)
            if (box.stack.tasks.find(other.caller.tid) === undefined) gone.add(tasks.indexOf(other));
          for (const index of [...gone].sort((a, b) => b - a)) tasks.splice(index, 1);
          gone.clear();
        }
        const again = new NamespaceBox({ profile: 'talk' });
        replayLog(again.stack, stored(box.entries));
        for (const { caller } of tasks) again.revive(caller);
        const dump = (task: NamespaceTask) => {
          task.mount();
          const seen = tasks.flatMap(({ caller }) => ATTRS.map((name) => task.read(`/${caller.tid}/attr/${name}`)));
          return [...SHOWN.map((name) => task.read(name)), ...seen];
        };
        for (const task of tasks) expect(dump(task.on(again))).toEqual(dump(task));
      }),
      { numRuns: 60 },
    );
  });
});
