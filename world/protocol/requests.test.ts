import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorldError } from '../errors.ts';
import type { ControlRequest } from './messages.ts';
import { parseRequest } from './requests.ts';

const boot: ControlRequest = {
  kind: 'boot',
  name: 'w',
  id: 'i',
  stateRoot: '/run/lsmfs',
  stack: { profile: 'talk', enforcing: false, lsm: 'toy', parameters: { toy: '0' } },
  seccomp: true,
  transport: 'kernel',
  command: ['true'],
  madeDirectories: [],
};

function refused(message: unknown): string {
  try {
    parseRequest(typeof message === 'string' ? message : JSON.stringify(message));
  } catch (error) {
    if (error instanceof WorldError && error.code === 'daemon-failed') return error.message;
    throw error;
  }
  return 'taken';
}

describe('a request', () => {
  it.each<ControlRequest>([
    boot,
    {
      ...boot,
      statusFd: 0,
      logFile: '/l',
      stack: { ...boot.stack, mediation: { families: ['files'], logOnly: true } },
    },
    { kind: 'enter', statusFd: 3 },
    { kind: 'join', devices: ['0:7'], listener: 4, installed: 5 },
    { kind: 'explain', module: 'toy', request: { words: ['a', 'b'], query: 'access', command: 0xffff } },
    { kind: 'status' },
    { kind: 'tree' },
    { kind: 'measurements' },
    { kind: 'measurements', namespace: '4026531837' },
    { kind: 'stop', graceMs: 0 },
    { kind: 'wait' },
    { kind: 'reset' },
    { ...boot, commandEnd: { kept: true } },
  ])('of kind $kind is taken as it is', (message) => {
    expect(parseRequest(JSON.stringify(message))).toEqual(message);
  });

  it.each<[unknown, RegExp]>([
    ['', /not JSON/],
    ['null', /message/],
    [{ kind: 'reboot' }, /kind/],
    [{ ...boot, launcher: 1 }, /launcher/],
    [{ kind: 'enter', launcher: { pid: 1 } }, /launcher/],
    [{ ...boot, stack: { ...boot.stack, profile: 'none' } }, /stack\.profile/],
    [{ ...boot, stack: { ...boot.stack, polciy: '/x' } }, /stack\.polciy/],
    [{ kind: 'join', devices: ['0:7'], listener: -1 }, /listener/],
    [{ kind: 'stop', graceMs: 1.5 }, /graceMs/],
    [{ kind: 'explain', module: 'toy', request: { words: 'a', query: 'access' } }, /request\.words/],
  ])('%j is refused', (message, reason) => {
    expect(refused(message)).toMatch(reason);
  });

  it('is refused whatever it is made of', () => {
    fc.assert(fc.property(fc.json(), (text) => refused(text) !== 'taken'));
  });
});
