/** Labels of ordinary files and of programs, through unmodified programs in a world. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script, UNTIL, worldName } from '../world/program.ts';

const MINI = path.resolve('test/conformance/scenarios/data/mini.33');
const DEBIAN = '/etc/selinux/default/policy';

/** Runs a shell script in a world, in a fresh tmpfs. `after` runs when the world has ended. */
async function inWorld(policy: string, text: string, after = ''): Promise<string[]> {
  const name = worldName('files');
  const world = `$LSMFS run --name=${name} --lsm=selinux --policy=${policy} -- sh -c "$TEXT"`;
  const ended = after === '' ? '' : `until_true test ! -e /run/lsmfs/${name};`;
  const result = await script(
    `d=$(mktemp -d /run/lsmfs-XXXXXX); export LSMFS; unshare -m sh -c '${UNTIL}mount -t tmpfs t $0 && cd $0 && ${world}; ${ended} ${after}' $d 2>&1; rmdir $d`,
    { env: { TEXT: text } },
  );
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.split('\n').slice(0, -1);
}

const enter = (context: string) => `printf ${context} > /proc/thread-self/attr/current; `;

describe('files of a world', () => {
  it('have the label of their filesystem until they are given one; the disk is only touched then', async () => {
    const lines = await inWorld(
      MINI,
      'touch a; ls -Z a; chcon msys_u:object_r:mdata_t:s0 a; ls -Z a; cp -a a b; cp a c; stat -c %C b c; setfattr -x security.selinux a',
    );
    expect(lines).toEqual([
      'msys_u:object_r:mtmp_t:s0 a',
      'msys_u:object_r:mdata_t:s0 a',
      'msys_u:object_r:mdata_t:s0',
      'msys_u:object_r:mtmp_t:s0',
      'setfattr: a: Permission denied',
    ]);
  });

  it('are labelled by rules of the policy as they are made, by name too', async () => {
    const lines = await inWorld(
      MINI,
      `${enter('msys_u:msys_r:mapp_t:s0')}: > plain; : > mnamed; mkdir sub; ln -s x link; mkfifo fifo; stat -c %C plain mnamed sub link fifo`,
    );
    expect(lines.map((line) => line.split(':').slice(2).join(':'))).toEqual([
      'mdata_t:s0',
      'mdata2_t:s0',
      'mdata2_t:s1:c0,c2',
      'mtmp_t:s0',
      'mtmp_t:s0',
    ]);
  });

  it('leave nothing behind that was not asked for', async () => {
    const lines = await inWorld(
      MINI,
      'touch a; mkdir b; ls -Zd a b > list; chcon msys_u:object_r:mbin_t:s0 b; touch b/c; stat b/c > list',
      'getfattr --absolute-names -R -m security.selinux -d $0',
    );
    const values = lines.filter((line) => line !== '').map((line) => line.replace(/\/.*\/lsmfs-\w*/, ''));
    expect(values).toEqual([
      '# file: /b',
      'security.selinux="msys_u:object_r:mbin_t:s0"',
      '# file: /b/c',
      'security.selinux="msys_u:object_r:mbin_t:s0"',
    ]);
  });

  it('that are gone before they could be labelled do not keep their filesystem busy', async () => {
    const lines = await inWorld(
      MINI,
      'mkdir m; mount -t tmpfs none m; chcon msys_u:object_r:mbin_t:s0 m; ' +
        "python3 -c \"import os, ctypes; umount = ctypes.CDLL(None).umount2; os.mkdir('m/d'); os.rmdir('m/d'); print(umount(b'm', 0))\"",
    );
    expect(lines).toEqual(['0']);
  });

  it('mounted with context= have that label and no other', async () => {
    const lines = await inWorld(
      MINI,
      'mkdir m; python3 -c "import ctypes; c=ctypes.CDLL(None, use_errno=True); ' +
        "print([c.mount(b't', b'm', b'tmpfs', 0, d) for d in (b'context=bad', b'context=msys_u:object_r:mdata_t:s0')])\"; " +
        'touch m/f; stat -c %C m/f; chcon msys_u:object_r:mbin_t:s0 m/f',
    );
    expect(lines[0]).toBe('[-1, 0]');
    expect(lines[1]).toBe('msys_u:object_r:mdata_t:s0');
    expect(lines[2]).toMatch(/Operation not supported/);
  });

  it('are mounted so again with the same data, which may be a constant of the program', async () => {
    const client = path.resolve('test/selinux/mount-twice.py');
    expect(await inWorld(MINI, `mkdir m; python3 ${client}`)).toEqual([
      '0 context=msys_u:object_r:mdata_t:s0,size=1m',
      '0 context=msys_u:object_r:mdata_t:s0,size=1m',
      '-1 another',
    ]);
  });

  it('have attributes whose names are any bytes', async () => {
    const lines = await inWorld(
      MINI,
      'touch a; setfattr -n user.café -v 1 a; chcon msys_u:object_r:mdata_t:s0 a; getfattr -m - a | sort',
    );
    expect(lines.filter((line) => line !== '')).toEqual(['# file: a', 'security.selinux', 'user.café']);
  });
});

describe('programs of a world', () => {
  const prepare =
    'cp /bin/cat x; chcon msys_u:object_r:mexec_t:s0 x; cp /bin/cat y; chcon msys_u:object_r:mbin_t:s0 y; ';

  it('enter another domain by the label of their file', async () => {
    const lines = await inWorld(
      MINI,
      `${prepare}${enter('msys_u:mapp_r:mapp_t:s0')}./x /proc/self/attr/current | tr -d "\\0"; echo; ./x /proc/self/attr/prev | tr -d "\\0"; echo; ./y /proc/self/attr/current | tr -d "\\0"; echo`,
    );
    expect(lines.join('|')).toBe('msys_u:mapp_r:mapp2_t:s0-s1:c1|msys_u:mapp_r:mapp_t:s0|msys_u:mapp_r:mapp_t:s0');
  });

  it('cannot be executed where the policy forbids it', async () => {
    const lines = await inWorld(
      MINI,
      `${prepare}python3 -c "
import os
def attempt(path):
    try: os.execv(path, [path, '/proc/self/attr/current'])
    except OSError as e: print(e.strerror, flush=True)
open('/proc/thread-self/attr/current', 'w').write('msys_u:mapp_r:mapp_t:s0')
open('/sys/fs/selinux/enforce', 'w').write('1')
attempt('./y')
attempt('./x')
"; echo`,
    );
    expect(lines[0]).toBe('Permission denied');
    expect(lines.join('')).toContain('mapp2_t');
  });
});

describe("Debian's clients", () => {
  const policy = `${DEBIAN}/${readdirSync(DEBIAN).sort().at(-1)}`;
  it('set, keep and find labels', async () => {
    const lines = await inWorld(
      policy,
      'touch a; chcon -t etc_t a; install -Z a inst; mkdir --context=system_u:object_r:shadow_t:s0 d; tar --selinux -cf t a; mkdir x; tar --selinux -xf t -C x; ' +
        'stat -c %C a d x/a; find . -context "*:etc_t:*" | sort | tr "\\n" " "; echo; ' +
        'runcon -t sshd_t id -Z; setpriv --selinux-label system_u:system_r:sshd_t:s0 id -Z; ls -Zd /proc/1 /sys /proc | sed "s/^ *//"',
    );
    expect(lines).toEqual([
      'system_u:object_r:etc_t:s0',
      'system_u:object_r:shadow_t:s0',
      'system_u:object_r:etc_t:s0',
      './a ./x/a ',
      'system_u:system_r:sshd_t:s0',
      'system_u:system_r:sshd_t:s0',
      'system_u:object_r:proc_t:s0 /proc',
      'system_u:system_r:kernel_t:s0 /proc/1',
      'system_u:object_r:sysfs_t:s0 /sys',
    ]);
  });

  it('answer as root and as others', async () => {
    const result = await lsmfs([
      'run',
      '--lsm=selinux',
      `--policy=${policy}`,
      '--',
      'sh',
      '-c',
      'd=$(mktemp -d); chmod 755 $d; touch $d/a; mkdir -m 700 $d/s; touch $d/s/b; setpriv --reuid 2000001000 --clear-groups sh -c "stat -c %C $d/a; chcon -t etc_t $d/a; stat -c %C $d/s/b"; rm -r $d',
    ]);
    expect(result.stdout.trim()).toMatch(/^system_u:object_r:\w+:s0$/);
    expect(result.stderr).toMatch(/chcon: .*Operation not permitted[\s\S]*stat: .*Permission denied/);
  });
});
