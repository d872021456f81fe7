/**
 * Device numbers of filesystems that the kernel mounts for itself: mountinfo never lists them, and they cannot block us.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CLOCK_MONOTONIC } from '../../../linux/clock.ts';
import { deviceName } from '../../../linux/devices.ts';
import { AF_UNIX, SOCK_DGRAM } from '../../../linux/socket.ts';

/**
 * Of pipes, sockets, namespaces, anonymous inodes, of secret memory (if this kernel has it), and of the tmpfs of memfd_create(2) and
 * shared anonymous memory.
 */
export function kernelDevices(): ReadonlySet<string> {
  const pair = allocateNative(8);
  const pipes = rawSyscall(NR.pipe2, pair.address, 0) < 0 ? [] : [0, 4].map((at) => pair.view.getInt32(at, true));
  const others = [rawSyscall(NR.socket, AF_UNIX, SOCK_DGRAM, 0), openSync('/proc/self/ns/mnt', 'r')];
  const anonymous = [rawSyscall(NR.timerfd_create, CLOCK_MONOTONIC, 0), rawSyscall(NR.memfd_secret, 0)];
  const name = allocateNative(8);
  const memory = rawSyscall(NR.memfd_create, name.address, 0);
  return new Set([...pipes, ...others, ...anonymous, memory].map(deviceOf));
}

/** Of io_uring, events, maps of bpf and the like. Their memory is there before it can be mapped. */
export function namelessDevice(): string {
  return deviceOf(rawSyscall(NR.eventfd2, 0, 0));
}

/** `major:minor` of the filesystem behind a descriptor, which is closed. */
function deviceOf(fd: number): string {
  if (fd < 0) return '';
  const { dev } = fstatSync(fd, { bigint: true });
  closeSync(fd);
  return deviceName(dev);
}
