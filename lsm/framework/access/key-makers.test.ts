import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { Process, Task } from '../task.ts';
import type { KeyNote } from './key-access.ts';
import { KeyMakers } from './key-makers.ts';

const INTO = { ring: 'session' } as const;

/** A task with a session ring, that makes keys. */
function maker() {
  const makers = new KeyMakers();
  const join = (tid: number) => {
    const task = new Task(tidOf(tid), new Process(tgidOf(tid), 1));
    task.process.threads.set(task.tid, task);
    const note = (made: KeyNote): void => makers.note(task, made, () => undefined);
    note({ made: 'session' });
    return { task, note };
  };
  const { task, note } = join(1);
  const found = (name: string) => makers.find({ name }, task);
  return { makers, task, note, found, join };
}

it('so many keys are known in all rings together; of those before them it is not known where they are', () => {
  const { makers, task, note, found } = maker();
  note({ made: 'key', name: 'user;0;first', into: INTO });
  const first = found('user;0;first');
  const ring = { name: 'keyring;0;nested', serial: 77 };
  note({ made: 'key', name: ring.name, into: INTO });
  note({ made: 'seen', ...ring });
  const session = [...(first?.rings ?? [])];
  for (let number = 0; number < 3000; number++) {
    note({ made: 'key', name: `user;0;${number}`, into: INTO });
    note({ made: 'key', name: `user;0;other ${number}`, into: ring });
    note({ made: 'key', name: 'user;0;again', into: ring });
  }
  const held = session.flatMap((one) => [...one.keys]);
  const nested = makers.find(ring, task)?.keys ?? [];
  expect(new Set([...session, ...held, ...nested]).size).toBeLessThanOrEqual(4096);
  expect(found('user;0;2999')).toBeDefined();
  expect(found('user;0;first')).toBeUndefined();
  expect(first?.mayBeElsewhere()).toBe(true);
  expect(makers.search(task, { key: { name: 'user;0;first' } }, () => undefined)).toBeUndefined();
});

it('a key in very many rings is known in some of them', () => {
  const { note, found, join } = maker();
  note({ made: 'key', name: 'user;0;key', into: INTO });
  const key = found('user;0;key');
  note({ made: 'seen', name: 'user;0;key', serial: 5 });
  for (let number = 2; number < 100; number++)
    join(number).note({ made: 'link', key: { name: '', serial: 5 }, ring: INTO });
  expect(key?.rings.size).toBe(64);
  expect(key?.mayBeElsewhere()).toBe(true);
});
