/**
 * Memory outside the JavaScript heap, at an address that does not move.
 *
 * For structures that system calls read and write over and over: laid out once, passed by address as a plain integer, no marshalling per
 * call. It lives as long as the process; meant for a handful of long-lived buffers.
 */

import { MAP_SHARED, PROT_READ, PROT_WRITE } from '../../linux/mman.ts';
import { koffi } from '../koffi.ts';
import { NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';

export interface NativeMemory {
  /** User space addresses are below 2^47 for memory the C library allocates, so a number holds them. */
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function allocateNative(size: number): NativeMemory {
  const pointer: unknown = koffi.alloc('uint8', size);
  const buffer = koffi.view(pointer, size);
  const bytes = new Uint8Array(buffer);
  bytes.fill(0);
  return { address: Number(koffi.address(pointer)), bytes, view: new DataView(buffer) };
}

/** A NUL-terminated copy of `text` (latin-1) at `offset`. @returns its address. */
export function putString(memory: NativeMemory, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) memory.bytes[offset + i] = text.charCodeAt(i);
  memory.bytes[offset + text.length] = 0;
  return memory.address + offset;
}

/** Shared memory of the kernel behind a descriptor, mapped until the process ends or unmaps it. @returns a negative errno on failure. */
export function mapNative(
  fd: number,
  offset: number,
  size: number,
  protection = PROT_READ | PROT_WRITE,
): NativeMemory | number {
  const address = rawSyscall(NR.mmap, 0, size, protection, MAP_SHARED, fd, offset);
  if (address < 0) return address;
  const buffer = koffi.view(BigInt(address), size);
  return { address, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}

/** Memory that another thread has allocated, and keeps. */
export function viewNative(address: number, size: number): Uint8Array {
  return new Uint8Array(koffi.view(BigInt(address), size));
}
