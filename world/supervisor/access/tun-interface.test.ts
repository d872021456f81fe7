import { closeSync, openSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { TUN, TUNSETIFF } from '../../../linux/ioctl.ts';
import { STX } from '../../../linux/stat.ts';
import type { WorkerContext } from '../context.ts';
import { NamelessInterfaces } from './nameless-interfaces.ts';
import { tunCall } from './tun-interface.ts';

const REQUEST_SIZE = 40;
const FLAGS = 16;
const file = openSync('/dev/null', 'r');
afterAll(() => closeSync(file));

/** TUNSETIFF of `tun0`, which is there. */
function opened(flags: number): unknown {
  const bytes = Buffer.alloc(REQUEST_SIZE);
  bytes.write('tun0');
  bytes.writeUInt16LE(flags, FLAGS);
  const { address } = allocateNative(512);
  const device = new DataView(new ArrayBuffer(512));
  const [major = 0, minor = 0] = TUN.DEVICE.split(':').map(Number);
  device.setUint32(STX.RDEV_MAJOR, major, true);
  device.setUint32(STX.RDEV_MINOR, minor, true);
  const context = {
    call: { tid: process.pid, low: () => 0, high: () => 0, fd: () => 3 },
    memory: { bytes, read: () => REQUEST_SIZE },
    mediator: { namelessInterfaces: new NamelessInterfaces() },
    view: {
      ...{ path: () => address, resultAddress: address, resultView: device },
      ...{ readlinkAt: () => 'net:[1]', readFile: () => undefined, readWhole: () => '  tun0: 0 0\n' },
    },
  } as unknown as WorkerContext;
  return tunCall(context, TUNSETIFF, file);
}

it('one that is there is opened, but not by who wants a new one', () => {
  const opens = 'net:[1] tun0';
  const checks = [{ hook: 'tunDevOpen', about: { interface: opens } }];
  expect(opened(TUN.TAP)).toEqual({ checks, opens });
  expect(opened(TUN.TAP | TUN.EXCL)).toEqual({ checks: [] });
});
