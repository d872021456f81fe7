import { describe, expect, it } from 'vitest';
import { createWorld, KERNEL_BUILDS } from '../library/index.ts';

const ENFORCE = '/proc/sys/kernel/loadpin/enforce';
const DIGESTS = '/sys/kernel/security/loadpin/dm-verity';
const options = { lsm: 'loadpin', build: KERNEL_BUILDS.full };

describe('loadpin', () => {
  it('can begin to enforce, and not end', () => {
    const { fs, kernelLog } = createWorld(options);
    expect(kernelLog).toContain('LoadPin: ready to pin (currently not enforcing)');
    expect(fs.readFileSync(ENFORCE, 'latin1')).toBe('0\n');
    for (const text of ['0', '2', 'x']) expect(() => fs.writeFileSync(ENFORCE, text)).toThrow('EINVAL');
    fs.writeFileSync(ENFORCE, '1\n');
    expect(() => fs.writeFileSync(ENFORCE, '0')).toThrow('EINVAL');
    expect(fs.readFileSync(ENFORCE, 'latin1')).toBe('1\n');
  });

  it('enforces from boot', () => {
    const { fs } = createWorld({ ...options, parameters: { 'loadpin.enforce': '1' } });
    expect(fs.readFileSync(ENFORCE, 'latin1')).toBe('1\n');
  });

  it('has a node that is neither read nor written', () => {
    const { fs } = createWorld(options);
    expect(fs.statSync(DIGESTS).mode).toBe(0o100600);
    expect(() => fs.readFileSync(DIGESTS)).toThrow('EINVAL');
    expect(() => fs.writeFileSync(DIGESTS, 'x')).toThrow('EINVAL');
  });
});
