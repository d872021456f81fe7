import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { E } from '../../linux/errno.ts';
import { TestOpenFile } from '../user/testing.ts';
import { scanUnsigned } from './scan.ts';
import { FlagFile, NumberFile, SimpleWriteFile } from './simple-write.ts';

const INIT = { ino: 4, mode: 0o644 };

describe('NumberFile', () => {
  function numberFile() {
    let stored = 7;
    const file = new NumberFile(INIT, {
      read: () => stored,
      store: (value) => {
        stored = value;
        return undefined;
      },
    });
    return { open: new TestOpenFile(file), value: () => stored };
  }

  it('shows the number without newline, from the position asked for', () => {
    const { open } = numberFile();
    expect(open.write('512')).toBe(3);
    expect([open.read(), open.read(1), open.read(3), open.read(99), open.read(0, 2)]).toEqual([
      '512',
      '12',
      '',
      '',
      '51',
    ]);
  });

  it('takes the whole count whatever follows the number', () => {
    const { open, value } = numberFile();
    expect(open.write(' -3 junk\n')).toBe(9);
    expect(value()).toBe(-3);
  });

  it.each([
    ['a page', '1'.padEnd(4096), 0, 'ENOMEM'],
    ['a page at a position', '1'.padEnd(4096), 5, 'ENOMEM'],
    ['a position', '1', 1, 'EINVAL'],
    ['no number', 'x', 0, 'EINVAL'],
    ['a plus', '+1', 0, 'EINVAL'],
    ['nothing', '', 0, 'EINVAL'],
  ])('refuses %s and changes nothing', (_what, text, offset, errno) => {
    const { open, value } = numberFile();
    expect(open.write(text, offset)).toBe(errno);
    expect(value()).toBe(7);
  });

  it('takes one byte less than a page', () => {
    const { open, value } = numberFile();
    expect(open.write('9'.padEnd(4095))).toBe(4095);
    expect(value()).toBe(9);
  });

  it('never changes on refusal, and stores what the scanner found otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(2), (data, offset) => {
        const { open, value } = numberFile();
        const answer = open.write(data, offset);
        const accepted = answer === data.length;
        expect(accepted || answer === 'EINVAL').toBe(true);
        if (!accepted) expect(value()).toBe(7);
        if (offset > 0) expect(accepted).toBe(false);
      }),
    );
  });
});

describe('order of checks', () => {
  const store = () => undefined;
  it('asks checkFirst before size and position, check after them but before scanning', () => {
    const first = new TestOpenFile(new NumberFile(INIT, { checkFirst: () => E.EACCES, store }));
    expect(first.write('1'.padEnd(5000), 3)).toBe('EACCES');
    const late = new TestOpenFile(new NumberFile(INIT, { check: () => E.EACCES, store }));
    expect(late.write('1'.padEnd(5000))).toBe('ENOMEM');
    expect(late.write('1', 3)).toBe('EINVAL');
    expect(late.write('junk')).toBe('EACCES');
  });

  it('uses the scanner given', () => {
    const file = new TestOpenFile(new NumberFile(INIT, { scan: scanUnsigned, store }));
    expect(file.write('-1')).toBe('EINVAL');
    expect(file.read()).toBe('EINVAL'); // no read operation
  });
});

describe('FlagFile', () => {
  it('counts every number but 0 as 1', () => {
    let flag = false;
    const file = new FlagFile(INIT, {
      read: () => flag,
      store: (value) => {
        flag = value;
        return undefined;
      },
    });
    const open = new TestOpenFile(file);
    expect(open.read()).toBe('0');
    expect(open.write('-5')).toBe(2);
    expect(open.read()).toBe('1');
    expect(open.write('0')).toBe(1);
    expect(open.read()).toBe('0');
  });
});

describe('SimpleWriteFile', () => {
  it('gives the text before the first NUL', () => {
    const texts: string[] = [];
    const file = new SimpleWriteFile(INIT, {
      store: (text) => {
        texts.push(Buffer.from(text).toString('latin1'));
        return texts.length > 1 ? E.EPERM : undefined;
      },
    });
    const open = new TestOpenFile(file);
    expect(open.write('a b\0c')).toBe(5);
    expect(open.write('\xff')).toBe('EPERM');
    expect(texts).toEqual(['a b', '\xff']);
  });
});
