import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { softwareDigests } from '../../framework/digests/digests.ts';
import { type Bank, Tpm } from '../../framework/tpm/tpm.ts';
import { createWorld } from '../../library/index.ts';
import { bootAggregate, shortBootAggregate } from './boot-aggregate.ts';

const IMA = '/sys/kernel/security/integrity/ima';
/** As a machine had them whose kernel was recorded (scenario f-ima-tpm). */
const FIRMWARE = new URL('../../../test/conformance/scenarios/data/tpm/', import.meta.url);
const registers = (bank: Bank) =>
  readFileSync(new URL(`firmware.${bank}`, FIRMWARE), 'latin1')
    .trimEnd()
    .split('\n')
    .map((line) => line.slice('PCR-00: '.length));
const tpmWith = (...banks: Bank[]) => ({
  banks: banks.map((algorithm) => ({ algorithm, registers: registers(algorithm) })),
});

function aggregate(algorithm: string, ...banks: Bank[]): string {
  const tpm = new Tpm(tpmWith(...banks), softwareDigests);
  const found = bootAggregate(algorithm, tpm, softwareDigests);
  return `${found.algorithm}:${Buffer.from(found.bytes).toString('hex')}`;
}

describe('boot_aggregate', () => {
  const sha256 = `sha256:${createHash('sha256')
    .update(Buffer.from(registers('sha256').join(''), 'hex'))
    .digest('hex')}`;
  const first = Buffer.from(registers('sha1').slice(0, 8).join(''), 'hex');
  const sha1 = `sha1:${createHash('sha1').update(first).digest('hex')}`;

  it('is of the bank of the kernel’s algorithm, else of SHA-256, else of SHA-1', () => {
    expect(aggregate('sha256', 'sha1', 'sha256')).toBe(sha256);
    expect(aggregate('sha1', 'sha256', 'sha1')).toBe(sha1);
    expect(aggregate('md5', 'sha1', 'sha256')).toBe(sha256);
    expect(aggregate('sha256', 'sha1')).toBe(sha1);
    expect(aggregate('sha256', 'sha384')).toBe(`sha256:${'00'.repeat(32)}`);
  });

  it('is zeros without a TPM, and in the oldest template without a bank of SHA-1', () => {
    expect(bootAggregate('sha1', undefined, softwareDigests).bytes).toEqual(new Uint8Array(20));
    const tpm = new Tpm(tpmWith('sha256'), softwareDigests);
    expect(shortBootAggregate(tpm, softwareDigests)).toEqual(new Uint8Array(20));
  });

  it('begins the list that a TPM attests, one for each bank', () => {
    const world = createWorld({ lsm: '', tpm: tpmWith('sha1', 'sha256') });
    const read = (name: string) => world.fs.readFileSync(name, 'utf8');
    const [, digest = ''] = read(`${IMA}/ascii_runtime_measurements_sha256`).split(' ');
    expect(read(`${IMA}/ascii_runtime_measurements`)).toContain(` ima-sig ${sha256} boot_aggregate `);
    const attested = createHash('sha256')
      .update(Buffer.from('00'.repeat(32) + digest, 'hex'))
      .digest('hex');
    expect(read('/sys/class/tpm/tpm0/pcr-sha256/10')).toBe(`${attested.toUpperCase()}\n`);
    expect(world.fs.statSync('/sys/class/tpm/tpm0/pcr-sha1/10').size).toBe(4096);
    expect(createWorld({ lsm: '' }).fs.existsSync('/sys/class/tpm')).toBe(false);
  });

  it('is followed by entries that the TPM refuses, with a record of each', () => {
    const world = createWorld({ lsm: '', tpm: tpmWith('sha1') });
    const task = world.spawn({ comm: 'cat' });
    world.fs.writeFileSync(`${IMA}/policy`, 'measure func=FILE_CHECK fowner=24 pcr=40\n');
    world.fs.writeFileSync('/t1', 'one');
    world.fs.chownSync('/t1', 24, 0);
    task.fs.readFileSync('/t1');
    expect(world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8')).toMatch(/^40 .*\/t1 \n/m);
    expect(world.kernelLog).toContain('tpm tpm0: A TPM error (388) occurred attempting extend a PCR value');
    expect(world.kernelLog).toContain('ima: Error Communicating to TPM chip, result: 388');
    const { type, body } = world.audit.at(-1) ?? {};
    expect([type, body]).toEqual([1804, expect.stringContaining(' op=add_template_measure cause=TPM_error(388) ')]);
    expect(body).toMatch(/ name="\/t1" .* res=1 errno=0$/);
  });
});
