import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Asker } from './channel.ts';

type Dialogue = { readonly double: { readonly question: { readonly of: number }; readonly answer: number } };

/** @param look is called with its number at each look, and says whether the wait is over. */
function make(look: (count: number, answer: (body: number, serial?: number) => void) => boolean) {
  const { port1, port2 } = new MessageChannel();
  const word = new SharedArrayBuffer(4);
  let serial = 0;
  let looks = 0;
  const isOver = (): boolean => look(++looks, (body, to = serial) => port2.postMessage({ serial: to, body }));
  const asker = new Asker<Dialogue>(port1, word, { pause: 1, begin: () => ({ isOver }) });
  const ask = (of: number): number | undefined => {
    serial++;
    return asker.ask({ kind: 'double', of });
  };
  return { ask, looks: () => looks, close: () => port1.close() };
}

it('waits for an answer as long as the one who answers gets no processor', () => {
  const { ask, looks, close } = make((count, answer) => {
    if (count === 5) answer(42);
    return count > 5;
  });
  expect([ask(21), looks()]).toEqual([42, 5]);
  close();
});

it('has no answer when that one has had its time, and drops what comes late', () => {
  const { ask, close } = make((count, answer) => {
    if (count === 3) {
      answer(1, 1);
      answer(6);
    }
    return count === 2;
  });
  expect([ask(21), ask(3)]).toEqual([undefined, 6]);
  close();
});

it('has an answer that came before it was seen that the wait is over', () => {
  const { ask, close } = make((_count, answer) => {
    answer(42);
    return true;
  });
  expect(ask(21)).toBe(42);
  close();
});
