import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../../linux/bytes.ts';
import { E, failed } from '../../../linux/errno.ts';
import { parseAttrCommand } from './attr-command.ts';

const parse = (attribute: 'current' | 'exec' | 'other', text: string) => parseAttrCommand(attribute, bytesOf(text));
const profile = (name: string, how: { onexec?: true; stack?: true; test?: true } = {}) => ({
  kind: 'profile',
  name,
  onexec: false,
  stack: false,
  test: false,
  ...how,
});

describe('commands of attr files', () => {
  it.each([
    ['changeprofile wide', profile('wide')],
    [' changeprofile  wide \n', profile('wide')],
    ['changeprofile odd name/with+stuff', profile('odd name/with+stuff')],
    ['changeprofile wide\0rest', profile('wide')],
    ['permprofile wide', profile('wide', { test: true })],
    ['stack wide', profile('wide', { stack: true })],
  ])('current takes %j', (text, command) => {
    expect(parse('current', text)).toEqual(command);
  });

  it.each([
    ['exec wide', profile('wide', { onexec: true })],
    ['stack wide', profile('wide', { onexec: true, stack: true })],
  ])('exec takes %j', (text, command) => {
    expect(parse('exec', text)).toEqual(command);
  });

  it.each(['', '\n', 'changeprofile', 'changeprofile ', 'changeprofile   ', 'wide', 'changeprofile\twide', '\0a b'])(
    'nothing can be said of %j',
    (text) => {
      expect(parse('current', text)).toBe(E.EINVAL);
    },
  );

  it('knows which file has which command', () => {
    expect(parse('current', 'exec wide')).toBeUndefined();
    expect(parse('exec', 'changeprofile wide')).toBeUndefined();
    expect(parse('other', 'exec wide')).toBeUndefined();
    expect(parse('current', 'bogus wide')).toBeUndefined();
  });

  it.each([
    ['changehat 1^h1', ['h1'], 1n],
    ['changehat 0xfF^h1\n', ['h1'], 255n],
    ['changehat 1^h1\0h2', ['h1', 'h2'], 1n],
    ['changehat 1^h1\0h2\0', ['h1', 'h2'], 1n],
    ['changehat 1^', [], 1n],
    ['changehat 0^h', ['h'], 0n],
    ['changehat 123456789abcdef012^h', ['h'], 0x3456789abcdef012n],
  ])('%j asks for hats', (text, hats, token) => {
    expect(parse('current', text)).toEqual({ kind: 'hat', hats, token, test: false });
  });

  it.each(['changehat ^h', 'changehat 1h', 'changehat g^h', 'changehat 0^', 'changehat 1 ^h'])(
    '%j is wrong',
    (text) => {
      expect(parse('current', text)).toBe(E.EINVAL);
    },
  );

  it('looks at sixteen hats at most', () => {
    const names = Array.from({ length: 20 }, (_, index) => `h${index}`);
    expect(parse('current', `changehat 1^${names.join('\0')}`)).toMatchObject({ hats: names.slice(0, 16) });
  });

  it('takes any bytes: the name is a part of the value, without spaces around it', () => {
    const commands = fc.constantFrom('changeprofile ', 'stack ', 'changehat ', 'changehat 1^', 'exec ', '');
    fc.assert(
      fc.property(
        fc.constantFrom('current', 'exec', 'other'),
        commands,
        fc.uint8Array({ maxLength: 80 }),
        (attribute, command, rest) => {
          const value = Buffer.concat([Buffer.from(command), rest]);
          const parsed = parseAttrCommand(attribute, value);
          if (parsed === undefined || failed(parsed)) return;
          const whole = value.toString('latin1');
          const names = parsed.kind === 'hat' ? parsed.hats : [parsed.name];
          for (const name of names) {
            expect(whole).toContain(name);
            expect(name).not.toContain('\0');
          }
          if (parsed.kind === 'profile') expect(parsed.name).toBe(parsed.name.trim());
        },
      ),
    );
  });
});
