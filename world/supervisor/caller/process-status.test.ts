import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { credentialsText, parseStatus } from './process-status.ts';

describe('/proc/<tid>/status', () => {
  it('is understood for this process', () => {
    expect(parseStatus(readFileSync('/proc/self/status', 'latin1'))).toMatchObject({
      tgid: process.pid,
      fsuid: process.geteuid?.(),
      fsgid: process.getegid?.(),
    });
  });

  it('is not fooled by a command name', () => {
    const text =
      'Name:\tTgid:\\t1\nTgid:\t7\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \n' +
      'CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t0000000000200000\n' +
      'TracerPid:\t12\nNoNewPrivs:\t1\n';
    expect(parseStatus(text)).toEqual({
      tgid: 7,
      uid: 1,
      fsuid: 4,
      gid: 5,
      fsgid: 8,
      groups: [9, 10],
      effectiveCapabilities: 1n << 21n,
      permittedCapabilities: 2n,
      inheritableCapabilities: 1n,
      noNewPrivs: true,
      tracer: 12,
    });
  });

  /** Half a mask would be another one, and no flag would be none. */
  it('says who it is whole, or nobody when it is cut', () => {
    const text = readFileSync('/proc/self/status', 'latin1');
    const whole = parseStatus(text);
    for (let length = 0; length < text.length; length++) {
      const cut = parseStatus(text.slice(0, length));
      if (cut !== undefined) expect(cut, `cut at ${length}`).toEqual(whole);
    }
  });

  it('may be missing parts', () => {
    expect(parseStatus('')).toBeUndefined();
    expect(parseStatus('Tgid:\t7\n')).toBeUndefined();
  });

  it('has credentials to be compared', () => {
    const text = readFileSync('/proc/self/status', 'latin1');
    const same = text.replace(/^Name:.*$/m, 'Name:\tx\\nUid:\t5').replace(/^FDSize:.*$/m, 'FDSize:\t1024');
    expect(credentialsText(same)).toBe(credentialsText(text));
    for (const line of ['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff']) {
      const other = text.replace(new RegExp(`^(${line}:\t.*)$`, 'm'), '$18');
      expect(credentialsText(other), line).not.toBe(credentialsText(text));
    }
    for (let length = 0; length < text.length; length++)
      expect([undefined, credentialsText(text)]).toContain(credentialsText(text.slice(0, length)));
  });
});
