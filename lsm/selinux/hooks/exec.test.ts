import { describe, expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { SelinuxBox } from '../../../test/selinux-golden/selinux-box.ts';
import type { ExecCall, ExecFile } from '../../framework/events.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import { execCall, inodeFacts } from '../../framework/testing/files.ts';

const APP = 'msys_u:msys_r:mapp_t:s0';

function inodeOf(type: string, level = 's0'): InodeFacts {
  return inodeFacts({ path: '/bin/x', xattrs: { 'security.selinux': `msys_u:object_r:${type}:${level}\0` } });
}

function program(type: string, more: Partial<ExecCall> = {}): ExecFile {
  return { path: '/bin/x', inode: inodeOf(type), call: execCall(more) };
}

/** A task of mapp_t, enforcing; `exec` = what it asked for. */
function app(exec = '', enforcing = true, current = APP): SelinuxBox {
  const box = new SelinuxBox({ policy: 'mini.33' });
  box.write('/proc/100/attr/current', current);
  if (exec !== '') box.write('/proc/100/attr/exec', `msys_u:msys_r:${exec}:s0`);
  if (enforcing) box.write('enforce', '1');
  box.log.length = 0;
  return box;
}

const refusal = (box: SelinuxBox, file: ExecFile) => box.stack.files.mayExec(file, box.caller)?.code;

function becomes(box: SelinuxBox, file: ExecFile): string {
  box.stack.apply({ kind: 'exec', tid: tgidOf(100), file });
  return box.read('/proc/100/attr/current').split(':')[2] ?? '';
}

/** Are the sockets of the process to be read before it executes this? */
const mayRelabel = (box: SelinuxBox, file: ExecFile) => box.stack.files.execMayRelabel(file, box.caller);

describe('the label that sockets show', () => {
  it('stays where the task stays what it is', () => {
    expect(mayRelabel(app(), program('mbin_t'))).toBe(false);
    expect(mayRelabel(app('', true, 'msys_u:mapp_r:mapp_t:s0'), program('mexec_t'))).toBe(true);
    expect(mayRelabel(app('mapp2_t'), program('mbin_t'))).toBe(true);
    // By no_new_privs the task stays what it is.
    expect(mayRelabel(app('', true, 'msys_u:mapp_r:mapp_t:s0'), program('mexec_t', { noNewPrivs: true }))).toBe(false);
  });

  it('changes where new sockets had one of their own, which lasts for one program', () => {
    const box = app('', false);
    box.write('/proc/100/attr/sockcreate', 'msys_u:msys_r:mapp2_t:s0');
    expect(mayRelabel(box, program('mbin_t'))).toBe(true);
  });
});

describe('execve when enforcing', () => {
  it('goes through where the policy allows the transition of a rule', () => {
    const box = app('', true, 'msys_u:mapp_r:mapp_t:s0');
    expect(refusal(box, program('mexec_t'))).toBeUndefined();
    expect(becomes(box, program('mexec_t'))).toBe('mapp2_t');
  });

  it('is refused without transition when the program may not run in the same domain', () => {
    const box = app();
    expect(refusal(box, program('mbin_t'))).toBe('EACCES');
    expect(box.log).toEqual([
      '1400 avc:  denied  { execute_no_trans } for  pid=100 comm="test" path="/bin/x" dev="tmpfs" ino=7 ' +
        `scontext=${APP} tcontext=msys_u:object_r:mbin_t:s0 tclass=file permissive=0`,
    ]);
    expect(box.read('/proc/100/attr/current')).toBe(`${APP}\0`);
  });

  it('is refused when the wanted context may not be entered', () => {
    expect(refusal(app('mperm_t'), program('mexec_t'))).toBe('EACCES');
    expect(refusal(app('mkid_t'), program('mexec_t'))).toBeUndefined();
  });

  it.each([
    ['mapp2_t', { noNewPrivs: true }, 'EPERM'],
    ['mapp2_t', { nosuid: true }, 'EACCES'],
    ['mapp2_t', { noNewPrivs: true, nosuid: true }, 'EPERM'],
    ['mkid_t', { noNewPrivs: true, nosuid: true }, undefined], // bounded by mapp_t
  ])('into %s with %j is %s', (type, flags, expected) => {
    expect(refusal(app(type), program('mdata_t', flags))).toBe(expected);
  });

  it('stays in the domain when a rule of the policy would have to be followed without new privileges', () => {
    const box = app();
    expect(refusal(box, program('mexec_t', { noNewPrivs: true }))).toBe('EACCES'); // execute_no_trans
    expect(becomes(box, program('mexec_t', { noNewPrivs: true }))).toBe('mapp_t');
    expect(box.log.join()).toContain('op=security_bounded_transition seresult=denied');
  });

  it('is refused where the task may not open the interpreter of a script', () => {
    const script = (level: string): ExecFile => {
      const interpreter = { path: '/bin/x', device: '0:30', mode: 0o100755, inode: inodeOf('mbin_t', level) };
      return program('mexec_t', { interpreters: [interpreter] });
    };
    const box = app('mkid_t');
    expect(refusal(box, script('s0'))).toBeUndefined();
    expect(refusal(box, script('s1'))).toBe('EACCES');
    expect(box.log.at(-1)).toMatch(
      /denied {2}\{ read \} for .* path="\/bin\/x" .* tcontext=msys_u:object_r:mbin_t:s1 tclass=file/,
    );
  });

  it('asks the tracer for the new domain', () => {
    const box = app('mkid_t');
    expect(refusal(box, program('mexec_t', { tracer: tidOf(100) }))).toBe('EPERM');
    expect(box.log.at(-1)).toMatch(/denied {2}\{ ptrace \}.*tcontext=msys_u:msys_r:mkid_t:s0 tclass=process/);
  });
});

describe('AT_SECURE', () => {
  const isSecure = (box: SelinuxBox, file: ExecFile) => {
    expect(refusal(box, file)).toBeUndefined();
    const lookups = () => Number(/^\d+/m.exec(box.read('avc/cache_stats'))?.[0]);
    const [first, second] = [lookups(), lookups()]; // reading them counts, too
    const { recorded } = box.stack.files;
    const secure = box.stack.files.execIsSecure(file, box.caller);
    expect([box.stack.files.recorded, lookups() - second]).toEqual([recorded, second - first]);
    return secure;
  };

  it('is set where the label changes and noatsecure is refused', () => {
    expect(isSecure(app('', true, 'msys_u:mapp_r:mapp_t:s0'), program('mexec_t'))).toBe(true);
  });

  it('is not where it stays, or nothing is refused', () => {
    expect(isSecure(app('mperm_t', false), program('mexec_t'))).toBe(false);
    expect(isSecure(app('', false), program('mbin_t'))).toBe(false);
  });
});

describe('execve when permissive', () => {
  it('reports and lets through', () => {
    const box = app('mperm_t', false);
    expect(refusal(box, program('mbin_t', { noNewPrivs: true }))).toBeUndefined();
    expect(box.log.join('\n')).toMatch(/denied {2}\{ transition \}.* permissive=1/);
    expect(becomes(box, program('mbin_t', { noNewPrivs: true }))).toBe('mperm_t');
  });

  it('records the path of the open file, and no file with what is inherited', () => {
    const box = app('mperm_t', false);
    expect(refusal(box, program('mexec_t'))).toBeUndefined();
    expect(box.log.map((line) => / (\{.*\}) .*comm="test"(.*) scontext=/.exec(line)?.slice(1).join(''))).toEqual([
      '{ transition } path="/bin/x" dev="tmpfs" ino=7',
      '{ noatsecure }',
    ]);
  });

  it.each([
    ['/bin/x', '/bin/x'],
    ['/', '/memfd:x'],
  ])('records that a program at %s was removed, or is in memory', (path, entry) => {
    const box = app();
    const { call } = program('mbin_t');
    const inode = { ...inodeOf('mbin_t'), path: entry, unlisted: true };
    expect(refusal(box, { path, inode, ...(call && { call }) })).toBe('EACCES');
    const shown = Buffer.from(`${entry} (deleted)`).toString('hex').toUpperCase();
    expect(box.log.map((line) => / comm="test"(.*) scontext=/.exec(line)?.[1])).toEqual([
      ` path=${shown} dev="tmpfs" ino=7`,
    ]);
  });

  it('leaves a task from before the policy its SID, though its label is found under another', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    box.stack.apply({ kind: 'exec', tid: tgidOf(100), file: { path: '/x' } });
    box.write('/proc/100/attr/exec', box.read('/proc/100/attr/current'));
    const lookups = () => Number(/^\d+/m.exec(box.read('avc/cache_stats'))?.[0]);
    const [first, second] = [lookups(), lookups()]; // reading them counts, too
    expect(refusal(box, program('mexec_t'))).toBeUndefined();
    expect(lookups() - second - (second - first)).toBe(5); // execute, read; transition, entrypoint, noatsecure instead of execute_no_trans
  });

  it('says nothing of a file it does not know', () => {
    const box = app('', true);
    expect(refusal(box, { path: '/x' })).toBeUndefined();
    expect(becomes(box, { path: '/x' })).toBe('mapp_t');
  });

  it('judges only the task where the disk was never labelled', () => {
    const inode = { ...inodeOf('mbin_t'), filesystem: { type: 'ext4', id: 'sda1' }, xattrs: {} };
    const file: ExecFile = { path: '/x', inode };
    expect(refusal(app(), file)).toBeUndefined();
    expect(refusal(app('mkid_t'), file)).toBeUndefined();
    expect(refusal(app('mperm_t'), file)).toBe('EACCES');
    expect(refusal(app('mapp2_t'), { ...file, call: execCall({ noNewPrivs: true }) })).toBe('EPERM');
  });
});
