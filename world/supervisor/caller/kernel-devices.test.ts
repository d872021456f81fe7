import { closeSync, fstatSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CLOCK_MONOTONIC } from '../../../linux/clock.ts';
import { deviceName } from '../../../linux/devices.ts';
import { kernelDevices } from './kernel-devices.ts';

test('the filesystem of anonymous inodes is one of the kernel’s, that of the root is not', () => {
  const timer = rawSyscall(NR.timerfd_create, CLOCK_MONOTONIC, 0);
  const device = deviceName(fstatSync(timer, { bigint: true }).dev);
  closeSync(timer);
  const known = kernelDevices();
  expect(known).toContain(device);
  expect(known).not.toContain(deviceName(statSync('/', { bigint: true }).dev));
});
