import { expect, it } from 'vitest';
import { createWorld, KERNEL_BUILDS } from '../../library/index.ts';

function ask(domain: string, path: string, operation: string, loaded = true): string {
  const world = createWorld({ lsm: 'tomoyo', build: KERNEL_BUILDS.uml, parameters: { TOMOYO_trigger: '/init' } });
  const write = (node: string, text: string) => world.fs.writeFileSync(`/sys/kernel/security/tomoyo/${node}`, text);
  write('profile', '0-CONFIG={ mode=disabled }\n3-CONFIG={ mode=enforcing }\n');
  write('exception_policy', 'aggregator /bin/\\*sh /bin/shell\n');
  write(
    'domain_policy',
    '<kernel> /d\nuse_profile 3\nfile execute /bin/shell\nfile read /etc/\\*\nfile write /x task.uid=0\n',
  );
  if (loaded) world.spawn().exec({ path: '/init' });
  const words = [domain, path, operation];
  const told = world.stack.explanations.get('tomoyo')?.({ query: 'access', words });
  if (told === undefined) throw new Error('it does not explain itself');
  return 'problem' in told ? told.problem : told.text;
}

it.each([
  [
    ['<kernel> /d', '/bin/dash', 'x'],
    'allowed  execute /bin/shell\n  rule: file execute /bin/shell\n  it leads to the domain <kernel> /d /bin/shell\n',
  ],
  [
    ['<kernel> /d', '/bin/my prog', 'execute'],
    'denied  execute /bin/my\\040prog\n  there is no rule, and the mode of profile 3 is enforcing\n  to allow it, write to domain_policy:\n    <kernel> /d\n    file execute /bin/my\\040prog\n',
  ],
  [
    ['<kernel> /d', '/etc/passwd', 'r'],
    'allowed  read /etc/passwd\n  rule: file read /etc/\\*\n  this is what the policy says; lsmfs asks it about execute alone\n',
  ],
  [
    ['<kernel> /d', '/x', 'w'],
    'denied  write /x\n  there is no rule, and the mode of profile 3 is enforcing\n  under a condition: file write /x task.uid=0\n  this is what the policy says; lsmfs asks it about execute alone\n  to allow it, write to domain_policy:\n    <kernel> /d\n    file write /x\n',
  ],
  [
    ['<kernel>', '/x', 'unlink'],
    'allowed  unlink /x\n  there is no rule, and the mode of profile 0 is disabled\n  this is what the policy says; lsmfs asks it about execute alone\n',
  ],
  [['<kernel> /none', '/x', 'x'], "There is no domain '<kernel> /none'."],
  [['<kernel>', 'x', 'x'], "'x' is not a path."],
  [['<kernel>', '/x', 'eat'], "'eat' is not an operation on a file."],
] as const)('%j', ([domain, path, operation], text) => {
  expect(ask(domain, path, operation)).toBe(text);
});

it('nothing is refused before a policy is in force', () => {
  expect(ask('<kernel> /d', '/bin/ls', 'x', false)).toBe(
    'allowed  execute /bin/ls\n  there is no rule, but no policy is in force\n  a policy comes into force when /init is executed (--param TOMOYO_trigger); dmesg says whether it did\n  it leads to the domain <kernel> /d /bin/ls\n',
  );
});
