import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { CallerView } from '../caller/caller-view.ts';
import { Hazards } from '../caller/hazards.ts';
import type { WorkerContext } from '../context.ts';
import { Epoch } from '../protocol/epoch.ts';
import { KnownPaths } from './known-paths.ts';
import { servedPlace } from './served-places.ts';
import type { Subjects } from './subjects.ts';

const TID = tidOf(process.pid);

/** A caller for whom the real /proc is a filesystem of ours. */
function caller() {
  const view = new CallerView(new Hazards());
  const epoch = new Epoch();
  const subject = { number: 1, scope: undefined, noted: [], kept: [] };
  const subjects = { of: () => ({ ...subject, epoch: epoch.now }) } as unknown as Subjects;
  const known = new KnownPaths(view, subjects, epoch, () => '');
  const host = { exempt: false, served: true, bare: true };
  const context = {
    call: { tid: TID },
    files: { answersItself: () => host.served },
    mediator: { known, isExempt: () => host.exempt },
    mounts: { isBare: () => host.bare },
    sysPlaces: ['/proc'],
    view,
  } as unknown as WorkerContext;
  const look = (path = '/proc/version') => {
    view.forget();
    return servedPlace(context, path);
  };
  return { epoch, host, known, look };
}

it('nobody is asked below the mount once the way to it is known, until that may be another', () => {
  const { epoch, host, known, look } = caller();
  const first = look();
  if (first === undefined || first === 'granted') throw new Error('nothing to remember');
  expect(look()).toEqual(first);
  known.remember(first.beginning, first.found);
  expect([look(), look('/proc/sys/kernel/ostype'), look('/proc/not-there')]).toEqual(Array(3).fill('granted'));
  host.bare = false;
  expect(look()).toBeUndefined();
  host.bare = true;
  host.served = false;
  expect(look()).toBeUndefined();
  host.served = true;
  epoch.move();
  expect(look()).toMatchObject({ beginning: { epoch: 1 } });
});

it.each(['/proc', '/proc/../etc/passwd', '/process', 'proc/version', '/sys/kernel'])('%s is not below it', (path) => {
  const { host, look } = caller();
  host.exempt = true;
  expect(look()).toBe('granted');
  expect(look(path)).toBeUndefined();
});
