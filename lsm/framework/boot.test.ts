import { describe, expect, it } from 'vitest';
import { BootError } from './boot.ts';
import type { BootConfig } from './config.ts';
import type { ModuleDefinition } from './module.ts';
import { bootToys, toy } from './testing/toy.ts';

const planned: ModuleDefinition = {
  name: 'planned',
  id: 900,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
};
const build = { name: 'some', modules: ['one', 'planned'], early: [], defaultLsm: 'one,planned', cpus: 1, ticks: 100 };
const known = [toy('one', 901), toy('elsewhere', 902), { ...toy('major', 903), legacyMajor: true }, planned];

function codeOf(boot: () => unknown): string | undefined {
  try {
    boot();
    return undefined;
  } catch (error) {
    return error instanceof BootError ? `${error.code} ${error.data.name} ${error.data.available}` : String(error);
  }
}

describe('a boot that refuses', () => {
  it.each([
    ['one', undefined],
    ['', undefined],
    ['one,nope', 'UNKNOWN_MODULE nope one'],
    ['elsewhere', undefined],
    ['major', 'NOT_COMPILED_IN major one'],
    ['integrity,one', undefined],
    ['planned', 'NOT_IMPLEMENTED planned one'],
  ])('lsm=%s: %s', (lsm, expected) => {
    expect(codeOf(() => bootToys(known, { build, lsm, refuse: 'unimplemented' }))).toBe(expected);
  });

  it('takes modules without implementation when only misspellings are to be refused', () => {
    expect(codeOf(() => bootToys(known, { build, lsm: 'planned', refuse: 'unknown' }))).toBeUndefined();
    expect(codeOf(() => bootToys(known, { build, lsm: 'nope', refuse: 'unknown' }))).toMatch(/^UNKNOWN_MODULE nope/);
  });

  it('looks at security= when there is no lsm=', () => {
    expect(codeOf(() => bootToys(known, { build, security: 'nope', refuse: 'unimplemented' }))).toMatch(
      /^UNKNOWN_MODULE nope/,
    );
    expect(codeOf(() => bootToys(known, { build, refuse: 'unimplemented' }))).toBeUndefined();
  });
});

describe('a boot that follows the kernel', () => {
  const order = (config: Parameters<typeof bootToys>[1]) =>
    bootToys(known, config).stack.modules.map(({ definition }) => definition.name);

  it('ignores names of no module in lsm= and security=', () => {
    expect(order({ build, lsm: 'nope,one,zzz' })).toEqual(['one']);
    expect(order({ build, security: 'nope' })).toEqual(['one', 'planned']);
  });

  it('ignores parameters that the build lacks', () => {
    const switched = { ...toy('one', 901), enabled: (config: BootConfig) => config.parameters.one !== '0' };
    const running = (withoutParameters: readonly string[]) =>
      bootToys([switched], { build: { ...build, withoutParameters }, parameters: { one: '0' } }).stack.modules.length;
    expect([running([]), running(['one'])]).toEqual([0, 1]);
  });
});

describe('an ordinary boot', () => {
  it('takes what it can, like a kernel, and says so', () => {
    const { stack, log } = bootToys(known, { build, lsm: 'nope,planned,one', security: 'one' });
    expect(stack.active).toEqual(['planned', 'one']);
    expect(stack.moduleIds).toEqual([900, 901]);
    expect(log).toEqual([
      'LSM: security=one is ignored because it is superseded by lsm=nope,planned,one',
      'LSM: initializing lsm=planned,one',
    ]);
  });
});
