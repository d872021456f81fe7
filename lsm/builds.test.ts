/** Which modules a kernel runs, and in which order: the rules of framework/ordering.ts on builds that there are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultBuild, KERNEL_BUILDS } from './builds.ts';
import type { BootConfig, KernelBuild } from './framework/config.ts';
import type { ModuleDefinition } from './framework/module.ts';
import { orderModules } from './framework/ordering.ts';
import { KNOWN_MODULES } from './known-modules.ts';

const SWITCHED: readonly ModuleDefinition[] = KNOWN_MODULES.map((facts) => ({
  ...facts,
  enabled: (config) => config.parameters[facts.name] !== '0',
}));

function active(build: KernelBuild, config: Partial<BootConfig> = {}): string {
  const whole = { profile: 'mainline', build, enforcing: false, parameters: {}, ...config } as const;
  return orderModules(whole, SWITCHED)
    .map(({ name }) => name)
    .join(',');
}

const { debian, uml } = KERNEL_BUILDS;

describe('recorded kernels', () => {
  it.each([
    [uml, { lsm: '' }, 'capability'],
    [uml, { lsm: 'apparmor' }, 'capability,apparmor'],
    [uml, { lsm: 'selinux' }, 'capability,selinux'],
    [uml, { lsm: 'smack' }, 'capability,smack'],
    [uml, { lsm: 'tomoyo' }, 'capability,tomoyo'],
    [uml, { lsm: 'smack,selinux,yama' }, 'capability,smack,yama'],
    [uml, { lsm: 'yama,selinux,tomoyo' }, 'capability,yama,selinux,tomoyo'],
    [uml, {}, 'capability,yama,selinux,tomoyo'],
    [uml, { security: 'selinux' }, 'capability,yama,selinux'],
    [uml, { security: 'nope' }, 'capability,yama'],
    [uml, { lsm: 'smack,selinux', security: 'selinux' }, 'capability,smack'],
    [debian, {}, 'lockdown,capability,landlock,yama,apparmor,tomoyo,bpf,ipe,ima,evm'],
    [debian, { lsm: 'bpf,selinux' }, 'lockdown,capability,bpf,selinux,ima,evm'],
    [
      debian,
      { lsm: 'landlock,lockdown,yama,integrity,selinux,bpf' },
      'lockdown,capability,landlock,yama,selinux,bpf,ima,evm',
    ],
    [debian, { lsm: 'lockdown,yama,ipe' }, 'lockdown,capability,yama,ipe,ima,evm'],
  ])('%#: %o', (build, config, expected) => {
    expect(active(build, config)).toBe(expected);
  });
});

describe('rules', () => {
  const ubuntu: KernelBuild = {
    name: 'ubuntu',
    modules: ['capability', 'landlock', 'lockdown', 'yama', 'apparmor', 'selinux', 'bpf'],
    early: [],
    defaultLsm: 'landlock,lockdown,yama,bpf',
    cpus: 1,
    ticks: 100,
  };

  it('appends the module of security= after the list when the list lacks it', () => {
    expect(active(ubuntu, { security: 'apparmor' })).toBe('capability,landlock,lockdown,yama,bpf,apparmor');
  });

  it('ignores duplicates, unknown names and names of other classes', () => {
    expect(active(ubuntu, { lsm: 'yama,ima,yama,capability,nope,,selinux' })).toBe('capability,yama,selinux');
  });

  it('lets exclusive modules run together in the talk profile', () => {
    const lsm = 'selinux,apparmor,yama';
    expect(active(uml, { lsm })).toBe('capability,selinux,yama');
    expect(active(uml, { lsm, profile: 'talk' })).toBe('capability,selinux,apparmor,yama');
  });

  it('lets a later exclusive module run when the first is switched off', () => {
    const lsm = 'apparmor,selinux';
    expect(active(ubuntu, { lsm })).toBe('capability,apparmor');
    expect(active(ubuntu, { lsm, parameters: { apparmor: '0' } })).toBe('capability,selinux');
  });

  it('an empty security= disables every legacy major', () => {
    expect(active(uml, { security: '' })).toBe('capability,yama');
  });
});

describe('for any lsm=', () => {
  const name = fc.oneof(fc.constantFrom(...KNOWN_MODULES.map((module) => module.name)), fc.string({ maxLength: 6 }));
  const list = fc.array(name, { maxLength: 12 }).map((names) => names.join(','));
  const build = fc.constantFrom<KernelBuild>(debian, uml);

  it('keeps the order of the list, once each, within the fixed classes', () => {
    fc.assert(
      fc.property(build, list, (kernel, lsm) => {
        const names = active(kernel, { lsm }).split(',');
        expect(new Set(names).size).toBe(names.length);
        const [early, last] = [kernel.early.length, kernel.modules.includes('ima') ? 2 : 0];
        expect(names.slice(0, early + 1)).toEqual([...kernel.early, 'capability']);
        expect(names.slice(names.length - last)).toEqual(last === 0 ? [] : ['ima', 'evm']);
        const chosen = names.slice(early + 1, names.length - last);
        const asked = [...new Set(lsm.split(','))].filter((one) => chosen.includes(one));
        expect(chosen).toEqual(asked);
      }),
    );
  });

  it('runs at most one exclusive module: the first named that is compiled in', () => {
    fc.assert(
      fc.property(build, list, (kernel, lsm) => {
        const exclusive = KNOWN_MODULES.filter((module) => module.exclusive).map((module) => module.name);
        const wanted = lsm.split(',').filter((one) => exclusive.includes(one) && kernel.modules.includes(one));
        const running = active(kernel, { lsm })
          .split(',')
          .filter((one) => exclusive.includes(one));
        expect(running).toEqual(wanted.slice(0, 1));
      }),
    );
  });
});

describe('the build that is meant', () => {
  it.each([
    ['selinux,apparmor', 'debian'],
    ['selinux,smack', 'full'],
    ['loadpin', 'full'],
    ['nope', 'debian'],
    ['', 'debian'],
  ])('lsm=%s: %s', (lsm, expected) => {
    expect(defaultBuild({ lsm })).toBe(expected);
  });

  it('looks at security= when there is no lsm=', () => {
    expect(defaultBuild({ security: 'smack' })).toBe('full');
    expect(defaultBuild({ lsm: 'selinux', security: 'smack' })).toBe('debian');
  });
});
