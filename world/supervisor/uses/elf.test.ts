import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROT_EXEC, PROT_READ } from '../../../linux/mman.ts';
import { elfProgram, mappedParts } from './elf.ts';

const head = (file: string) => readFileSync(file).subarray(0, 4096).toString('latin1');

describe('ELF programs', () => {
  it('name the program that loads them', () => {
    const own = elfProgram(head(process.execPath));
    expect(own?.segments).toContain(PROT_READ | PROT_EXEC);
    expect(own?.interpreter).toMatch(/^\/.*ld.*\.so/);
  });

  it('are not scripts, nor damaged', () => {
    expect(elfProgram('#!/bin/sh\n')).toBeUndefined();
    expect(elfProgram('')).toBeUndefined();
    const own = head(process.execPath);
    for (const length of [4, 20, 63, 64, 100, 500]) {
      expect(() => elfProgram(own.slice(0, length))).not.toThrow();
    }
    const wrong = Buffer.from(own, 'latin1');
    wrong.writeBigUInt64LE(1n << 60n, 32);
    expect(elfProgram(wrong.toString('latin1'))).toEqual({ segments: [] });
  });

  it('are mapped as code where it is not known how', () => {
    const own = head(process.execPath);
    expect(mappedParts(own)).toEqual(elfProgram(own)?.segments);
    const far = Buffer.from(own, 'latin1');
    far.writeBigUInt64LE(4096n, 32);
    const compat = own.replace('\x7fELF\x02', '\x7fELF\x01');
    for (const unknown of [far.toString('latin1'), compat, ''])
      expect(mappedParts(unknown)).toEqual([PROT_READ | PROT_EXEC]);
  });
});
