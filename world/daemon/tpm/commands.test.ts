import { expect, it } from 'vitest';
import {
  banksCommand,
  banksIn,
  changesRegisters,
  extendCommand,
  readCommand,
  responseCode,
  valuesIn,
} from './commands.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

// Recorded between tpm2-tools 5.7 and swtpm 0.7.1.
it('asks for banks and registers as tpm2-tools do, and reads what a TPM answers', () => {
  expect(banksCommand()).toEqual(bytes('8001 00000016 0000017a 00000005 00000000 00000001'));
  const selection = (map: string) => ['0004', '000b', '000c', '000d'].map((bank) => `${bank} 03 ${map}`).join('');
  const all = bytes(`8001 0000002b 00000000 00 00000005 00000004 ${selection('ffffff')}`);
  expect(banksIn(all)).toEqual(['sha1', 'sha256', 'sha384', 'sha512']);
  expect(banksIn(bytes('8001 0000001f 00000000 00 00000005 00000002 0004 03 000000 000b 03 ffffff'))).toEqual([
    'sha256',
  ]);

  expect(readCommand('sha1', [10])).toEqual(bytes('8001 00000014 0000017e 00000001 0004 03 000400'));
  const digest = '67802b8f7ae52a8c72378b6a5d2bc1dd53d1b42f';
  const answer = bytes(`8001 00000032 00000000 00000014 00000001 0004 03 000400 00000001 0014 ${digest}`);
  expect([responseCode(answer), valuesIn(answer)]).toEqual([0, [digest]]);
});

it('extends all banks by one command', () => {
  const command = extendCommand(
    10,
    new Map([
      ['sha1', new Uint8Array(20).fill(1)],
      ['sha256', new Uint8Array(32).fill(2)],
    ]),
  );
  const password = '00000009 40000009 0000 00 0000';
  const digests = `00000002 0004 ${'01'.repeat(20)} 000b ${'02'.repeat(32)}`;
  expect(command).toEqual(bytes(`8002 00000057 00000182 0000000a ${password} ${digests}`));
  expect([changesRegisters(command), changesRegisters(banksCommand())]).toEqual([true, false]);
});
