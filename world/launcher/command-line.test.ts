import { describe, expect, it } from 'vitest';
import { bootParameters, withParameters } from './command-line.ts';

describe('/proc/cmdline', () => {
  it('has the options that a kernel would have been booted with', () => {
    const parameters = { initial: 'some|more', quiet: '', rules: 'some more' };
    expect(bootParameters({ lsm: 'one,two', profile: 'talk', enforcing: true, parameters })).toEqual([
      'lsm=one,two',
      'enforcing=1',
      'initial=some|more',
      'quiet',
      'rules="some more"',
    ]);
    expect(bootParameters({ security: 'one', profile: 'talk', enforcing: false })).toEqual(['security=one']);
  });

  it("has the host's others, once each, before what is for init", () => {
    expect(withParameters('quiet lsm=three  ro\n', ['lsm='])).toBe('quiet ro lsm=\n');
    expect(withParameters('security=three\n', [])).toBe('\n');
    const text = withParameters('initial=tcb console=a console=b -- lsm=x --verbose\n', ['lsm=', 'initial=y']);
    expect(text).toBe('console=a console=b lsm= initial=y -- lsm=x --verbose\n');
  });
});
