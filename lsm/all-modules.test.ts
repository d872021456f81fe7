/** Every module there is in one stack, as the talk imagines it. */
import { describe, expect, it } from 'vitest';
import { fileLabellers } from './framework/files/file-labellers.ts';
import { HOST_SIDES, KNOWN_MODULES, knownModule } from './known-modules.ts';
import { createWorld, KERNEL_BUILDS } from './library/index.ts';

const LSM = 'lockdown,yama,loadpin,safesetid,selinux,smack,apparmor,tomoyo,landlock,bpf,ipe,ima,evm';

describe('all modules at once', () => {
  const world = createWorld({ lsm: LSM, build: KERNEL_BUILDS.full, refuse: 'unknown' });

  it('run in the order asked for', () => {
    const expected = LSM.replace('lockdown,', 'lockdown,capability,');
    expect(world.fs.readFileSync('/sys/kernel/security/lsm', 'latin1')).toBe(expected);
  });

  it('have their nodes side by side', () => {
    const nodes = world.fs.readdirSync('/sys/kernel/security');
    for (const name of ['apparmor', 'ipe', 'loadpin', 'lockdown', 'safesetid', 'tomoyo']) expect(nodes).toContain(name);
    expect(world.fs.readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'latin1')).toBe('0\n');
    for (const path of ['/sys/fs/selinux/enforce', '/sys/fs/smackfs/load2'])
      expect(world.fs.existsSync(path)).toBe(true);
  });

  it('share what there is only one of', () => {
    expect(Object.fromEntries(world.stack.claims)).toEqual({ secmark: 'selinux', netlabel: 'selinux' });
    expect(world.stack.defaultModule.candidates.map(({ name }) => name)).toEqual(['selinux', 'smack', 'apparmor']);
  });

  it.each([
    ['selinux,smack,apparmor', 'selinux', 'selinux'],
    ['selinux,apparmor,smack', 'selinux', 'selinux'],
    ['smack,selinux,apparmor', 'smack', 'smack'],
    ['smack,apparmor,selinux', 'smack', 'smack'],
    ['apparmor,selinux,smack', 'apparmor', 'selinux'],
    ['apparmor,smack,selinux', 'apparmor', 'smack'],
  ])('the first of three labelling modules that asks has it: %s', (lsm, secmark, netlabel) => {
    const { fs, stack } = createWorld({ lsm, build: KERNEL_BUILDS.full });
    expect(Object.fromEntries(stack.claims)).toEqual({ secmark, netlabel });
    const change = () => fs.writeFileSync('/sys/fs/smackfs/doi', '5');
    if (netlabel === 'smack') expect(change).not.toThrow();
    else expect(change).toThrow('EINVAL');
    expect(fs.readFileSync('/sys/fs/smackfs/doi', 'latin1')).toBe(netlabel === 'smack' ? '5' : '3');
  });

  it('each follow the same task', () => {
    const task = world.spawn();
    const attr = (name: string) => task.fs.readFileSync(`/proc/self/attr/${name}`, 'latin1');
    expect([attr('selinux/current'), attr('smack/current'), attr('apparmor/current')]).toEqual([
      'kernel\0',
      '_',
      'unconfined\n',
    ]);
    expect(attr('current')).toBe('kernel\0');
    expect(task.fs.readFileSync('/sys/kernel/security/tomoyo/self_domain', 'latin1')).toBe('<kernel>');
  });
});

describe('facts', () => {
  it('every module that labels files says by what it is recognised', () => {
    const names = fileLabellers({ filesystems: '', modules: 'selinux,smack' }, KNOWN_MODULES);
    expect(names).toEqual(['selinux', 'smack']);
    for (const name of names) expect(knownModule(name).labelling).toBe(true);
  });

  it('a host that runs modules may keep users from making user namespaces', () => {
    expect(HOST_SIDES.flatMap(({ forbids }) => forbids ?? [])).toMatchObject([
      { file: 'kernel/apparmor_restrict_unprivileged_userns', forbidding: '1' },
    ]);
  });
});
