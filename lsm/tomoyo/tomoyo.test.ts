import { beforeEach, describe, expect, it } from 'vitest';
import { execCall } from '../framework/testing/files.ts';
import { createWorld, KERNEL_BUILDS, type World } from '../library/index.ts';
import type { WorldTask } from '../library/world.ts';

const ROOT = '/sys/kernel/security/tomoyo';
const TRIGGER = '/sbin/start';
const PROFILES = [
  '0-CONFIG={ mode=disabled }',
  '1-CONFIG={ mode=learning }',
  '2-CONFIG={ mode=permissive }',
  '3-CONFIG={ mode=enforcing }',
];

let world: World;
let task: WorldTask;
/** A manager. */
let editor: WorldTask;
beforeEach(() => {
  world = createWorld({ lsm: 'tomoyo', build: KERNEL_BUILDS.uml, parameters: { TOMOYO_trigger: TRIGGER } });
  task = world.spawn();
  editor = world.spawn();
  editor.exec({ path: '/bin/editor' });
});

const read = (name: string): string => world.fs.readFileSync(`${ROOT}/${name}`, 'latin1');
const write = (name: string, ...lines: string[]): void =>
  editor.fs.writeFileSync(`${ROOT}/${name}`, lines.map((line) => `${line}\n`).join(''));
const domainOf = (who: WorldTask): string => who.fs.readFileSync(`${ROOT}/self_domain`, 'latin1');

/** execve(2), asked for first as the kernel does. @returns the errno. */
function exec(who: WorldTask, path: string, more: { filename?: string; argv?: string[]; linkPath?: string } = {}) {
  const file = { path, call: execCall({ filename: path, ...more }) };
  const refusal = world.stack.files.mayExec(file, who.caller);
  if (refusal === undefined) who.exec(file);
  return refusal?.code;
}

function start(...lines: string[]): void {
  write('manager', '/bin/editor');
  write('profile', ...PROFILES);
  write('domain_policy', ...lines);
  exec(task, TRIGGER);
}

describe('before a policy is in force', () => {
  it('leaves tasks where they are', () => {
    exec(task, '/bin/sh');
    expect(domainOf(task)).toBe('<kernel>');
    exec(task, '/sbin/modprobe');
    expect(domainOf(task)).toBe('<kernel> /sbin/modprobe');
  });

  it('does not come into force without the profiles of its domains', () => {
    exec(task, TRIGGER);
    exec(task, '/bin/sh');
    expect(domainOf(task)).toBe('<kernel>');
    expect(world.kernelLog).toContain("Profile 0 (used by '<kernel>') is not defined.");
  });
});

describe('domain transitions', () => {
  it('follow the programs', () => {
    start();
    expect(domainOf(task)).toBe(`<kernel> ${TRIGGER}`);
    const child = task.fork();
    exec(child, '/usr/bin/dash', { linkPath: '/usr/bin/sh' });
    exec(child, '/usr/bin/my prog');
    expect(domainOf(child)).toBe(`<kernel> ${TRIGGER} /usr/bin/sh /usr/bin/my\\040prog`);
    expect(domainOf(task)).toBe(`<kernel> ${TRIGGER}`);
    expect(read('domain_policy')).toContain(`<kernel> ${TRIGGER} /usr/bin/sh\nuse_profile 0\n`);
  });

  it('follow the exceptions', () => {
    write(
      'exception_policy',
      'initialize_domain /usr/sbin/sshd from any',
      'no_initialize_domain /usr/sbin/sshd from /bin/odd',
      'keep_domain any from <kernel> /usr/sbin/sshd /bin/bash',
      'no_keep_domain /bin/su from any',
      'aggregator /bin/\\*sh /bin/shell',
    );
    start();
    exec(task, '/usr/sbin/sshd');
    expect(domainOf(task)).toBe('<kernel> /usr/sbin/sshd');
    exec(task, '/bin/bash');
    expect(domainOf(task)).toBe('<kernel> /usr/sbin/sshd /bin/shell');
    write('exception_policy', 'delete aggregator /bin/\\*sh /bin/shell');
    exec(task, '/usr/sbin/sshd');
    exec(task, '/bin/bash');
    exec(task, '/bin/ls');
    expect(domainOf(task)).toBe('<kernel> /usr/sbin/sshd /bin/bash');
    exec(task, '/bin/su');
    exec(task, '/bin/odd');
    exec(task, '/usr/sbin/sshd');
    expect(domainOf(task)).toBe('<kernel> /usr/sbin/sshd /bin/bash /bin/su /bin/odd /usr/sbin/sshd');
  });

  it('follow what a rule asks for', () => {
    const domain = `<kernel> ${TRIGGER}`;
    start(
      domain,
      'file execute /bin/a keep',
      'file execute /bin/b <kernel> /elsewhere',
      'file execute /bin/c parent',
      'file execute /bin/d reset',
      '<kernel> /elsewhere',
    );
    exec(task, '/bin/a');
    expect(domainOf(task)).toBe(domain);
    expect(exec(task.fork(), '/bin/d')).toBe('ENOMEM');
    const b = task.fork();
    exec(b, '/bin/b');
    expect(domainOf(b)).toBe('<kernel> /elsewhere');
    exec(task, '/bin/c');
    expect(domainOf(task)).toBe('<kernel>');
  });

  it('is done by the task itself where a rule allows it', () => {
    const domain = `<kernel> ${TRIGGER}`;
    start(
      domain,
      'task manual_domain_transition <kernel> /here',
      'task manual_domain_transition <kernel> /there task.uid=7',
    );
    const enter = (text: string) => () => task.fs.writeFileSync(`${ROOT}/self_domain`, text);
    expect(enter('<kernel> /there')).toThrow('EPERM');
    expect(enter('x'.repeat(4086))).toThrow('ENOMEM');
    expect(enter('here')).toThrow('EINVAL');
    enter('<kernel> /here\n')();
    expect(domainOf(task)).toBe('<kernel> /here');
  });
});

describe('modes', () => {
  const domain = `<kernel> ${TRIGGER}`;

  it('enforcing refuses', () => {
    start(domain, 'use_profile 3', 'file execute /bin/\\* exec.argv[0]="ls"');
    expect(exec(task.fork(), '/bin/ls', { argv: ['dir'] })).toBe('EPERM');
    expect(exec(task.fork(), '/sbin/ls', { argv: ['ls'] })).toBe('EPERM');
    expect(read('stat')).toContain('Policy violation in enforcing mode:            2');
    expect(exec(task, '/bin/ls', { argv: ['ls', '-l'] })).toBeUndefined();
    // The name of the rule, not that of the program.
    expect(domainOf(task)).toBe(`${domain} /bin/\\*`);
  });

  it('learning learns', () => {
    start(domain, 'use_profile 1');
    exec(task, '/bin/a b', { argv: ['-x y'] });
    expect(read('domain_policy')).toContain(
      `${domain}\nuse_profile 1\n\nfile execute /bin/a\\040b exec.realpath="/bin/a\\040b" exec.argv[0]="-x\\040y"\n\n`,
    );
  });

  it('learning ends at max_learning_entry', () => {
    write('profile', '1-PREFERENCE={ max_learning_entry=1 }');
    start(domain, 'use_profile 1');
    for (const name of ['a', 'b', 'c']) exec(task.fork(), `/bin/${name}`);
    expect(read('domain_policy')).toContain(`${domain}\nuse_profile 1\nquota_exceeded\n\nfile execute /bin/a `);
    expect(read('domain_policy')).not.toContain('file execute /bin/b');
  });

  it('permissive only tells', () => {
    start(domain, 'use_profile 2');
    expect(exec(task, '/bin/ls', { argv: ['ls'] })).toBeUndefined();
    const [head, where, line] = read('audit').split('\n');
    expect(head).toMatch(
      /^#1970\/01\/01 00:00:00# profile=2 mode=permissive granted=no \(global-pid=\d+\) task=\{ pid=\d+ ppid=0 uid=0 .* \} exec=\{ realpath="\/bin\/ls" argc=1 argv\[\]=\{ "ls" \} \}$/,
    );
    expect([where, line]).toEqual([domain, 'file execute /bin/ls']);
    expect(read('stat')).toContain('Policy violation in permissive mode:           1');
  });

  it('logs are as the profile and the rule want them', () => {
    write('profile', '2-CONFIG={ mode=permissive grant_log=no reject_log=no }');
    write('profile', ...PROFILES.map((line) => line.replace('2-CONFIG={ mode=permissive }', '')));
    write('domain_policy', domain, 'use_profile 2', 'file execute /bin/a', 'file execute /bin/b grant_log=yes');
    exec(task, TRIGGER);
    for (const name of ['a', 'b', 'c']) exec(task.fork(), `/bin/${name}`);
    const records = [];
    for (let text = read('audit'); text !== ''; text = read('audit')) records.push(text);
    expect(records.join('').match(/file execute \S+/g)).toEqual(['file execute /bin/b']);
  });

  it('the interpreter of a script is read by the new domain', () => {
    start(domain, 'use_profile 3', 'file execute /bin/script', `${domain} /bin/script`, 'use_profile 3');
    const interpreters = [{ path: '/bin/sh', device: '8:1', mode: 0o100755, inode: inode('/bin/sh') }];
    const script = { path: '/bin/script', call: execCall({ interpreters }) };
    expect(world.stack.files.mayExec(script, task.caller)?.code).toBe('EPERM');
    write('domain_policy', `${domain} /bin/script`, 'file read /bin/sh');
    expect(world.stack.files.mayExec(script, task.caller)).toBeUndefined();
  });
});

const inode = (path: string) => ({
  class: 'file' as const,
  filesystem: { type: 'ext4', id: 'sda' },
  path,
  ino: 1,
  uid: 0,
  gid: 0,
  xattrs: {},
});

describe('managers', () => {
  it('are the only ones who may write once a policy is in force', () => {
    start();
    const attempt = (who: WorldTask) => () => who.fs.writeFileSync(`${ROOT}/profile`, '5-COMMENT=x\n');
    expect(attempt(task)).toThrow('EPERM');
    exec(task, '/bin/editor');
    attempt(task)();
    expect(read('profile')).toContain('5-COMMENT=x\n');
    const refusals = world.kernelLog.filter((line) => line.includes('is not permitted to update policies'));
    expect(refusals).toEqual([`<kernel> ${TRIGGER} ( ${TRIGGER} ) is not permitted to update policies.`]);
  });
});

describe('domain_policy', () => {
  it('shows what was selected', () => {
    write(
      'domain_policy',
      '<kernel> /a',
      'file read /x',
      'file execute /y',
      'task manual_domain_transition <kernel> /b',
    );
    const fd = world.fs.openSync(`${ROOT}/domain_policy`, 'r+');
    const ask = (line: string): string => {
      world.fs.writeSync(fd, `${line}\n`);
      const buffer = Buffer.alloc(4096);
      return buffer.toString('latin1', 0, world.fs.readSync(fd, buffer));
    };
    const block = '<kernel> /a\nuse_profile 0\n\nfile execute /y\ntask manual_domain_transition <kernel> /b\n\n';
    expect(ask('select domain=<kernel> /a')).toBe(
      `# select domain=<kernel> /a\n${block.replace('file execute', 'file read /x\nfile execute')}`,
    );
    expect(ask(`select pid=${task.tid}`)).toBe(`# select pid=${task.tid}\n<kernel>\nuse_profile 0\n\n\n`);
    expect(ask('select domain=<kernel> /none')).toBe('# select domain=<kernel> /none\n');
    world.fs.writeSync(fd, 'reset\nselect transition_only\n');
    expect(ask('select transition_only')).toBe(`<kernel>\nuse_profile 0\n\n\n${block}`);
    world.fs.closeSync(fd);
  });

  it('keeps what does not fit out', () => {
    write('stat', 'Memory used by policy: 700');
    write('domain_policy', '<kernel> /a', 'file read /x', 'file read /y', 'file read /z', 'file read /zz');
    expect(read('stat')).toMatch(/^Memory used by policy: +608 \(Quota: +700\)$/m);
    expect(read('domain_policy')).toContain('<kernel> /a\nuse_profile 0\n\nfile read /x\n\n');
  });

  it('takes long and broken lines without harm', () => {
    const before = read('domain_policy');
    write('domain_policy', 'x'.repeat(9000), '<kernel', `<kernel> /${'y'.repeat(5000)}`, 'file read /lost', '\0', '');
    expect(read('domain_policy')).toBe(before);
  });
});

describe('.process_status', () => {
  it('answers for the process that was asked for', () => {
    const fd = world.fs.openSync(`${ROOT}/.process_status`, 'r+');
    const ask = (line: string): string => {
      world.fs.writeSync(fd, `${line}\n`);
      const buffer = Buffer.alloc(4096);
      return buffer.toString('latin1', 0, world.fs.readSync(fd, buffer));
    };
    expect(ask(`${task.tid}`)).toBe(`${task.tid} 0 <kernel>`);
    expect(ask(`global-pid ${task.tid}`)).toBe(`${task.tid} 0 <kernel>`);
    expect([ask('99999'), ask('x'), ask('')]).toEqual(['', '', '']);
    world.fs.closeSync(fd);
  });
});

describe('audit', () => {
  it('is not there for those who write', () => {
    const fd = world.fs.openSync(`${ROOT}/audit`, 'w');
    expect(() => world.fs.writeSync(fd, 'x')).toThrow('EINVAL');
    world.fs.closeSync(fd);
  });
});
