import { closeSync, readSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { setSocketTimeout, socketPair } from '../../host/sockets/unix-socket.ts';
import { WorldError } from '../errors.ts';
import { BlockingChannel } from './blocking-channel.ts';

function pair(): { channel: BlockingChannel; peer: number } {
  const fds = socketPair();
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  setSocketTimeout(fds[0], 100);
  return { channel: new BlockingChannel(fds[0]), peer: fds[1] };
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return error instanceof WorldError ? error.code : String(error);
  }
}

describe('a conversation', () => {
  it('is one JSON value per line, however the bytes arrive', () => {
    const { channel, peer } = pair();
    channel.send({ kind: 'status' });
    const seen = Buffer.alloc(100);
    expect(seen.toString('utf8', 0, readSync(peer, seen))).toBe('{"kind":"status"}\n');
    writeSync(peer, '{"kind":"sta');
    writeSync(peer, 'tus","processes":[1]}\n{"kind":"joined"}\n');
    expect(channel.receive('status').processes).toEqual([1]);
    expect(channel.receive('joined')).toEqual({ kind: 'joined' });
    closeSync(peer);
    channel.close();
  });

  it('passes on failures of the other side', () => {
    const { channel, peer } = pair();
    writeSync(peer, '{"kind":"failed","code":"bad-policy","message":"m","fix":"f"}\n');
    expect(codeOf(() => channel.receive('joined'))).toBe('bad-policy');
    writeSync(peer, '{"kind":"joined"}\n');
    expect(codeOf(() => channel.receive('status'))).toBe('daemon-failed');
    closeSync(peer);
    channel.close();
  });

  it('ends with an error when the other side is gone or silent', () => {
    const silent = pair();
    expect(codeOf(() => silent.channel.receive('joined'))).toBe('daemon-lost');
    closeSync(silent.peer);
    expect(codeOf(() => silent.channel.receive('joined'))).toBe('daemon-lost');
    expect(codeOf(() => silent.channel.send({ kind: 'status' }))).toBe('daemon-lost');
    silent.channel.close();
  });
});
