import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelOptions } from './label-options.ts';

const options = new LabelOptions({
  valued: ['context', 'fscontext', 'defcontext', 'rootcontext', 'toydef', 'toydefault'],
  flags: ['seclabel'],
});

describe('mount data', () => {
  it('may hold nothing or label options', () => {
    for (const data of ['', 'context="system_u:object_r:tmp_t:s0:c1,c2"', 'seclabel,rootcontext=x']) {
      expect(options.areAll(data)).toBe(true);
    }
    for (const data of ['foo', 'context', 'context=a,bogus=1', 'xcontext=y']) expect(options.areAll(data)).toBe(false);
  });

  it('loses its labels for other filesystems', () => {
    expect(options.without('mode=755,context="a:b:c:s0:c1,c2",size=1m')).toBe('mode=755,size=1m');
    expect(options.without('rootcontext=a:b:c,fscontext=d')).toBe('');
    expect(options.without('defcontext=a')).toBe('');
    expect(options.without('seclabel,size=1m,seclabel')).toBe('size=1m');
    expect(options.without('seclabels')).toBeUndefined();
    expect(options.without('mode=755')).toBeUndefined();
    expect(options.without('mycontext=1')).toBeUndefined();
  });

  it('has labels by name, without quotes', () => {
    expect(options.in('mode=755,context="a:b:c:s0:c1,c2",rootcontext=d,seclabel')).toEqual([
      ['context', 'a:b:c:s0:c1,c2'],
      ['rootcontext', 'd'],
    ]);
    expect(options.in('mode=755')).toEqual([]);
    expect(options.in('context=a,context=')).toEqual([
      ['context', 'a'],
      ['context', ''],
    ]);
    fc.assert(fc.property(fc.string(), (data) => options.in(data).every(([name]) => options.hasValue(name))));
  });

  it('never grows, so it fits where it came from', () => {
    const option = fc.constantFrom('context=a', 'fscontext="b,c"', 'mode=1', '', 'x', 'context="');
    fc.assert(
      fc.property(fc.array(option), (given) => {
        const data = given.join(',');
        const rest = options.without(data);
        expect(rest === undefined || rest.length < data.length).toBe(true);
      }),
    );
  });

  it('takes the whole name of an option', () => {
    expect(options.in('toydef=a,toydefault=b')).toEqual([
      ['toydef', 'a'],
      ['toydefault', 'b'],
    ]);
  });

  it('has none of them where no module takes any', () => {
    const none = new LabelOptions({ valued: [], flags: [] });
    expect([none.exist, none.in('context=a'), none.without('context=a'), none.areAll('context=a')]).toEqual([
      false,
      [],
      undefined,
      false,
    ]);
    expect(none.areAll('')).toBe(true);
  });
});
