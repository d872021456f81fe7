import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { IPC_PERM, IPC_PRIVATE, SEM_INFO, SEM_INFO_USED, SEM_STAT_ANY } from '../../../linux/ipc.ts';
import type { IpcEvent } from '../../../lsm/framework/events.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { type IpcLayouts, IpcView, LAYOUTS } from './ipc-view.ts';

const THREAD = tidOf(process.pid);
const ENOENT = 2;
/** Semaphores by index, with their keys, as the kernel tells of them. */
const kernel = {
  calls: 0,
  keys: [] as (number | undefined)[],
  bytes: new DataView(new ArrayBuffer(256)),
};

const LAYOUT: IpcLayouts = {
  ...LAYOUTS,
  sem: {
    ...LAYOUTS.sem,
    find(key) {
      kernel.calls++;
      const { keys } = kernel;
      return keys.includes(key) ? keys.indexOf(key) : -ENOENT;
    },
    control(id, command) {
      kernel.calls++;
      const { keys, bytes } = kernel;
      if (command === SEM_INFO) {
        bytes.setInt32(SEM_INFO_USED, keys.filter((key) => key !== undefined).length, true);
        return keys.length - 1;
      }
      if (command !== SEM_STAT_ANY || keys[id] === undefined) return -ENOENT;
      bytes.setInt32(IPC_PERM.KEY, keys[id] ?? 0, true);
      return id;
    },
  },
};

function looking(...keys: number[]) {
  Object.assign(kernel, { calls: 0, keys });
  const events: IpcEvent[] = [];
  const ask = ((event: IpcEvent) => events.push(event)) as unknown as Ask;
  const view = { readlinkAt: () => 'ipc:[7]', resultView: kernel.bytes, resultAddress: 1 } as unknown as CallerView;
  const ipc = new IpcView(view, ask, LAYOUT);
  const make = (key: number) =>
    ipc.visit(THREAD, (space) => {
      kernel.calls = 0;
      space.synchronize('sem', { key, uid: 0 });
      kernel.keys.push(key);
    });
  const ids = () => events.at(-1)?.made.map(({ id }) => id);
  return { ipc, events, make, ids };
}

it('costs the same however many objects there are', () => {
  const { make, ids } = looking(...Array.from({ length: 500 }, (_, index) => index + 1));
  make(1001);
  expect([kernel.calls, ids()?.length]).toEqual([502, 500]);
  make(1002);
  expect([kernel.calls, ids()]).toEqual([3, [500]]);
  make(1003);
  expect([kernel.calls, ids()]).toEqual([3, [501]]);
});

it('looks at everything when others made or removed objects, too, or one has no key', () => {
  const { events, make, ids } = looking(1, 2, 3);
  make(11);
  kernel.keys.push(99);
  make(12);
  expect(ids()).toEqual([3, 4]);
  kernel.keys[0] = undefined;
  make(IPC_PRIVATE);
  expect([ids(), events.at(-1)?.gone]).toEqual([[5], [0]]);
  make(13);
  expect([ids(), kernel.calls > kernel.keys.length - 1]).toEqual([[6], true]);
});

it('reports an object that came while another went, when it is used', () => {
  const { ipc, make, ids } = looking(1, 2);
  make(11);
  make(12);
  kernel.keys[0] = undefined;
  kernel.keys.push(98);
  make(13);
  expect(ids()).toEqual([3]);
  ipc.visit(THREAD, (space) => expect(space.find('sem', 98)?.id).toBe(4));
  expect(ids()).toEqual([4, 5]);
});
