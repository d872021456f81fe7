import { expect, it } from 'vitest';
import { SendPatience } from './send-patience.ts';

function make() {
  let time = 0;
  const patience = new SendPatience(1, () => time);
  return (message: number, isBlocked: boolean, ms = 25): boolean => {
    time += ms;
    return patience.isOver(message, () => isBlocked);
  };
}

it('ends when one message is found blocked twice, one after the other', () => {
  const look = make();
  expect([look(1, true), look(1, false), look(1, true), look(2, true), look(2, true)]).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
});

it('goes on while the thread that sends only waits for a processor, but not for ever', () => {
  const look = make();
  const looks = Array.from({ length: 40 }, () => look(1, false));
  expect([looks.indexOf(true), looks.length]).toEqual([39, 40]);
});

it('goes on while one message after the other is sent, but not for ever', () => {
  const look = make();
  const looks = Array.from({ length: 20 }, (_, message) => look(message, false, 500));
  expect(looks.indexOf(true)).toBe(19);
});
