/** Waiting requests: answered exactly once, however they end. */
import { expect, test, vi } from 'vitest';
import { E, type Result } from '../../linux/errno.ts';
import { Pending } from '../../vfs/tree/node.ts';
import { requestId } from '../protocol/ids.ts';
import { DeferredRequests } from './deferred.ts';

const HEADER = Buffer.alloc(40);

function waiting() {
  const sent: Result<Uint8Array>[] = [];
  const deferred = new DeferredRequests((_header, result) => sent.push(result));
  const cancel = vi.fn();
  let settle: (result: Result<Uint8Array>) => void = () => {};
  const pending = new Pending<Uint8Array>((callback) => {
    settle = callback;
    return { cancel };
  });
  deferred.add(requestId(7), HEADER, pending, (result) => result);
  return { deferred, sent, cancel, settle: (result: Result<Uint8Array>) => settle(result) };
}

test('data that arrives later is the answer, and the only one', () => {
  const { deferred, sent, settle, cancel } = waiting();
  const data = Buffer.from('late');
  settle(data);
  settle(E.EIO);
  deferred.interrupt(requestId(7));
  expect(sent).toEqual([data]);
  expect(cancel).not.toHaveBeenCalled();
  expect(deferred.size).toBe(0);
});

test('an interrupt cancels the wait and answers EINTR', () => {
  const { deferred, sent, settle, cancel } = waiting();
  deferred.interrupt(requestId(8));
  expect(sent).toEqual([]);
  deferred.interrupt(requestId(7));
  settle(Buffer.from('too late'));
  expect(sent).toEqual([E.EINTR]);
  expect(cancel).toHaveBeenCalledTimes(1);
});

test('a wait that is over before it began', () => {
  const sent: Result<Uint8Array>[] = [];
  const deferred = new DeferredRequests((_header, result) => sent.push(result));
  const pending = new Pending<Uint8Array>((settle) => {
    settle(Buffer.from('now'));
    return { cancel: () => {} };
  });
  deferred.add(requestId(1), HEADER, pending, (result) => result);
  expect(sent).toEqual([Buffer.from('now')]);
  expect(deferred.size).toBe(0);
});

test('the end of the connection cancels everything', () => {
  const { deferred, sent, cancel } = waiting();
  deferred.cancelAll();
  expect(sent).toEqual([E.ENOTCONN]);
  expect(cancel).toHaveBeenCalledTimes(1);
});

test('an interrupt does not end the wait of a write', () => {
  const sent: Result<Uint8Array>[] = [];
  const deferred = new DeferredRequests((_header, result) => sent.push(result));
  let settle: (result: Result<number>) => void = () => {};
  const begin = (callback: (result: Result<number>) => void) => {
    settle = callback;
    return { cancel: () => undefined };
  };
  deferred.add(requestId(7), HEADER, new Pending<number>(begin, false), () => Buffer.from('taken'));
  deferred.interrupt(requestId(7));
  expect(sent).toEqual([]);
  settle(5);
  expect(sent).toEqual([Buffer.from('taken')]);
});
