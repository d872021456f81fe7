import { expect, it } from 'vitest';
import { NamelessInterfaces } from './nameless-interfaces.ts';

const NETWORK = 'net:[1]';

it('an interface is found by the descriptor that it was made with, once and in its namespace', () => {
  const interfaces = new NamelessInterfaces();
  const own = interfaces.add('/proc/7/fdinfo/3', NETWORK);
  interfaces.add('/proc/7/fdinfo/4', NETWORK);
  const read = (file: string): string | undefined =>
    file === '/proc/7/fdinfo/3' ? 'pos:\t0\nflags:\t02\niff:\ttun0\n' : 'pos:\t0\niff:\t\n';
  expect(interfaces.find('net:[2]', 'tun0', read)).toBeUndefined();
  expect(interfaces.find(NETWORK, 'tun1', read)).toBeUndefined();
  expect(interfaces.find(NETWORK, 'tun0', () => undefined)).toBeUndefined();
  expect(interfaces.find(NETWORK, 'tun0', read)).toBe(own);
  expect(interfaces.find(NETWORK, 'tun0', read)).toBeUndefined();
});

it('the oldest are forgotten', () => {
  const interfaces = new NamelessInterfaces();
  for (let fd = 0; fd < 65; fd++) interfaces.add(`/proc/7/fdinfo/${fd}`, NETWORK);
  const read = (file: string): string => `iff:\ttun${file.split('/').at(-1)}\n`;
  expect(interfaces.find(NETWORK, 'tun0', read)).toBeUndefined();
  expect(interfaces.find(NETWORK, 'tun64', read)).toBeDefined();
});
