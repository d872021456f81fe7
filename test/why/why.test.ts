/** `lsmfs why` and `lsmfs log` against running worlds and installed policies, as a user calls them. */
import { describe, expect, it } from 'vitest';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY } from '../selinux/debian-policies.ts';
import { isClean } from '../support/box.ts';
import { lsmfs, script, UNTIL, worldName } from '../world/program.ts';

const HTTPD = 'system_u:system_r:httpd_t:s0';
const PORT = 'system_u:object_r:http_port_t:s0';
const SSHD = 'system_u:system_r:sshd_t:s0';
const SHADOW = 'system_u:object_r:shadow_t:s0';

/** Runs `inner` in a world, then waits there until it is stopped. */
const start = (name: string, inner: string, options = ''): string =>
  `${UNTIL}$LSMFS run --name ${name} ${options} -- sh -c 'trap "exit 0" TERM; ${inner}; : > /tmp/${name}; while :; do sleep 0.05; done' &\n` +
  `until_true test -e /tmp/${name}; rm /tmp/${name}\n`;
const stop = (name: string): string => `$LSMFS stop ${name} >/dev/null; wait\n`;

describe('why', () => {
  it('answers from a policy file, without a world', async () => {
    const denied = await lsmfs(['why', `--policy=${DEBIAN_POLICY}`, SSHD, SHADOW, 'file', 'read']);
    expect(denied.status).toBe(1);
    expect(denied.stdout).toContain('denied  read\n');
    expect(denied.stdout).toContain('setsebool authlogin_pam=0');
    const allowed = await lsmfs(['why', '--json', `--policy=${DEBIAN_POLICY}`, SSHD, SSHD, 'process', 'fork']);
    expect(allowed.status).toBe(0);
    expect(JSON.parse(allowed.stdout)).toMatchObject({
      allowed: true,
      answers: [{ permissions: ['fork'], reasons: [{ kind: 'allow-rule' }] }],
    });
  });

  it('tells where a new context comes from, and who forbids a relabelling', async () => {
    const created = await lsmfs([
      'why',
      `--policy=${DEBIAN_POLICY}`,
      '--query=create',
      SSHD,
      'system_u:object_r:tmp_t:s0',
      'file',
    ]);
    expect(created.status).toBe(0);
    expect(created.stdout).toContain('type_transition sshd_t tmp_t:file sshd_tmp_t;');
    const high = SHADOW.replace(/s0$/, 's3');
    const relabel = [
      'why',
      '--json',
      `--policy=${DEBIAN_MLS_POLICY}`,
      '--query=validatetrans',
      high,
      SHADOW,
      'file',
      'user_u:user_r:user_t:s0',
    ];
    const denied = await lsmfs(relabel);
    expect(denied.status).toBe(1);
    expect(JSON.parse(denied.stdout)).toMatchObject({
      allowed: false,
      rules: 1,
      constraints: [{ terms: expect.any(Array) }],
    });
    const incomplete = await lsmfs(relabel.slice(0, -1));
    expect([incomplete.status, incomplete.stderr]).toEqual([125, expect.stringContaining('OLD NEW CLASS TASK')]);
  });

  it('answers from a world with its booleans, in enforcing mode too, and leaves nothing', async () => {
    const name = worldName('why');
    const question = `why --world=${name} ${HTTPD} ${PORT} tcp_socket name_connect`;
    const result = await script(
      `${start(name, 'load_policy; echo 1 > /sys/fs/selinux/enforce', '--param=x=y')}
       $LSMFS ${question}; echo "= $?"; $LSMFS exec ${name} -- setsebool httpd_can_network_connect on
       $LSMFS ${question}; echo "= $?"; ls /run/lsmfs/${name}; ${stop(name)}`,
    );
    const [before = '', after = '', directory = ''] = result.stdout.split(/= \d\n/);
    expect(result.stdout).toMatch(/= 1\n.*= 0\n/s);
    expect(before).toContain('only while (httpd_can_network_connect) is true; it is false');
    expect(after).toContain('because (httpd_can_network_connect) is true: httpd_can_network_connect=on');
    expect(directory.trim().split('\n')).toEqual(['control', 'log', 'members', 'stage', 'world.json']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('asks the world it is called in', async () => {
    const result = await script(
      `$LSMFS run --policy=${DEBIAN_POLICY} -- sh -c '$LSMFS why ${SSHD} ${SSHD} process fork; echo "= $?"'`,
    );
    expect(result.stdout).toMatch(/^allowed {2}fork\n.*= 0\n$/s);
  });

  it('asks about the file of a path, also one from the working directory', async () => {
    const why = (path: string) => `$LSMFS why ${SSHD} ${path} read | head -1`;
    const result = await script(
      `export LSMFS; $LSMFS run -- sh -c 'load_policy; cd /etc; ${why('/etc/shadow')}; ${why('./shadow')}; ${why('../etc/shadow')}
        cd /; ${why('etc/shadow')}; $LSMFS why ${SSHD} shadow read'`,
    );
    expect(result.stdout).toBe('/etc/shadow  system_u:object_r:shadow_t:s0  file\n'.repeat(4));
    expect(result.stderr).toContain("'shadow' is not a context of this policy");
    expect(result.stderr).toContain('./shadow');
  });

  it.each(['', '--mount-proc'])(
    'does so in a pid namespace, where numbers are others: unshare -pf %s',
    async (proc) => {
      const question = `${HTTPD} ${PORT} tcp_socket name_connect`;
      const inside = `echo 1 > /sys/fs/selinux/unshare; umount /sys/fs/selinux; mount -t selinuxfs none /sys/fs/selinux; load_policy
      setsebool httpd_can_network_connect on; sleep 30 & for which in "" --pid=$$ --pid=$! --pid=4194303; do $LSMFS why $which ${question} 2>&1 | head -1; done; kill $!`;
      const result = await script(
        `export LSMFS INSIDE='${inside}'; $LSMFS run -- sh -c 'load_policy; unshare -mpf ${proc} sh -c "$INSIDE"; $LSMFS why ${question} | head -1'`,
      );
      const allowed = 'allowed  name_connect';
      expect(result.stdout.trim().split('\n')).toEqual([
        allowed,
        allowed,
        allowed,
        'lsmfs: There is no process 4194303 in that world.',
        'denied  name_connect',
      ]);
      expect(result.leftovers).toSatisfy(isClean);
    },
  );

  it('asks the policy of the SELinux namespace it is called in, or of that of a process', async () => {
    const name = worldName('inside');
    const question = `${HTTPD} ${PORT} tcp_socket name_connect`;
    const inside = `umount /sys/fs/selinux; mount -t selinuxfs none /sys/fs/selinux; $LSMFS why ${question} 2>&1 | head -1;
      load_policy; setsebool httpd_can_network_connect on; $LSMFS why ${question} | head -1; echo \\$\\$ > /tmp/${name}.pid; sleep 30`;
    const result = await script(
      `${UNTIL}$LSMFS run --name ${name} -- bash -c "load_policy; echo 1 > /sys/fs/selinux/unshare; exec unshare -m -n sh -c '${inside}'" &
       until_true test -s /tmp/${name}.pid; pid=$(cat /tmp/${name}.pid); rm /tmp/${name}.pid
       for which in "" --pid=$pid --pid=$$; do $LSMFS why --world=${name} $which ${question} 2>&1 | head -1; done
       $LSMFS why --world=${name} --pid=$pid ${question} | tail -1; ${stop(name)}`,
    );
    expect(
      result.stdout
        .replace(/\d+ in/, 'N in')
        .trim()
        .split('\n'),
    ).toEqual([
      'lsmfs: That namespace has no policy yet: everything is allowed in it.',
      'allowed  name_connect',
      'denied  name_connect',
      'allowed  name_connect',
      'lsmfs: There is no process N in that world.',
      'namespace init (permissive) is asked, too: in it the process is system_u:system_r:kernel_t:s0',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('says what is wrong with a question', async () => {
    const name = worldName('wrong');
    const world = ['why', `--world=${name}`, SSHD, SSHD, 'process'];
    const file = ['why', `--policy=${DEBIAN_POLICY}`];
    const failures = await Promise.all(
      [
        world,
        [...file, 'x_u:y:z', SSHD, 'process'],
        [...file, SSHD, SSHD, 'prozess'],
        [...file, SSHD, SSHD, 'process', 'forc'],
        [...file, '--command=1', SSHD, SSHD, 'process', 'fork'],
        ['why', '--policy=/etc/passwd', SSHD, SSHD, 'process'],
        ['why', '--policy=/nonexistent', SSHD, SSHD, 'process'],
        [...file, `--world=${name}`, SSHD, SSHD, 'process'],
      ].map(async (args) => {
        const { status, stdout, stderr } = await lsmfs(args);
        expect([status, stdout, stderr.split('\n').length]).toEqual([125, '', 3]);
        return stderr.split('\n')[0];
      }),
    );
    expect(failures).toEqual([
      `lsmfs: There is no world named '${name}'.`,
      "lsmfs: 'x_u:y:z' is not a context of this policy: there is no user x_u.",
      "lsmfs: There is no class 'prozess'.",
      "lsmfs: Class process has no permission 'forc'.",
      'lsmfs: A command number belongs to ioctl or nlmsg.',
      expect.stringContaining(
        'lsmfs: /etc/passwd is not a binary SELinux policy: it does not start with the magic number',
      ),
      'lsmfs: The policy /nonexistent cannot be read: ENOENT.',
      'lsmfs: A question goes to a policy file (--policy) or to a world (--world, --pid), not both.',
    ]);
  });

  it('tells that a world has no policy, or no SELinux', async () => {
    const [plain, yama] = [worldName('plain'), worldName('yama')];
    const ask = (name: string) => `$LSMFS why --world=${name} ${SSHD} ${SSHD} process 2>&1; echo "= $?"\n`;
    const result = await script(
      `${start(plain, ':')}${ask(plain)}${stop(plain)}${start(yama, ':', '--lsm=yama')}${ask(yama)}${stop(yama)}`,
    );
    expect(result.stdout).toMatch(
      /no policy yet.*= 125\n.*selinux does not run in that world\.\n.*asked with --lsm=ima\. Start .*= 125\n$/s,
    );
  });
});

describe('log', () => {
  /** Permissive: denied, recorded and done. */
  const DENIED = `load_policy; echo -n ${HTTPD} > /proc/self/attr/current; echo 1 > /sys/fs/selinux/enforce`;

  it('has kernel messages and audit records', async () => {
    const name = worldName('log');
    const result = await script(
      `${start(name, DENIED)}$LSMFS log ${name}; echo ===; $LSMFS log --audit --json ${name}; ${stop(name)}`,
    );
    const [text = '', json = ''] = result.stdout.split('===\n');
    expect(text).toMatch(/^\[ +\d+\.\d{6}\] SELinux: {2}Initializing\.$/m);
    expect(text).toMatch(/^type=MAC_POLICY_LOAD msg=audit\(\d+\.\d{3}:\d+\): auid=/m);
    expect(text).toMatch(
      /^type=AVC msg=audit\(\d+\.\d{3}:\d+\): avc: {2}denied {2}\{ dyntransition \} for {2}pid=\d+ comm="sh" scontext=/m,
    );
    const records = json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; serial: number; fields: Record<string, unknown> });
    expect(records.every(({ kind }) => kind === 'audit')).toBe(true);
    expect(records.map(({ serial }) => serial)).toEqual(records.map((_, i) => i + 1));
    expect(records.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ seresult: 'denied', seperms: ['dyntransition'], tcontext: HTTPD, permissive: '1' }),
    );
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is followed until the world ends', async () => {
    const name = worldName('follow');
    const result = await script(
      `${start(name, ':')}$LSMFS log -f ${name} > /tmp/${name}.log & follower=$!
       until_true grep -qs Initializing /tmp/${name}.log
       $LSMFS exec ${name} -- load_policy; until_true grep -qs MAC_POLICY_LOAD /tmp/${name}.log && echo seen
       $LSMFS stop ${name} > /dev/null; wait $follower; echo "= $?"; rm /tmp/${name}.log; wait`,
    );
    expect(result.stdout).toBe('seen\n= 0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('may be interrupted, and its reader may leave', async () => {
    const name = worldName('leave');
    const result = await script(
      `${start(name, ':')}setsid $LSMFS log -f ${name} > /tmp/${name}.log & follower=$!
       until_true grep -qs Initializing /tmp/${name}.log; kill -INT $follower; wait $follower; echo "= $?"; rm /tmp/${name}.log
       set -o pipefail; $LSMFS exec ${name} -- sh -c 'for i in 1 2 3 4 5 6 7 8; do load_policy; done'
       $LSMFS log -f ${name} | head -1 | cut -c16-19; echo "= $?"; ${stop(name)}`,
    );
    expect(result.stdout).toBe('= 130\nLSM:\n= 0\n');
    expect(result.stderr.replace('Terminated\n', '')).toBe(''); // said by the shell in the world
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('stays where it was asked for', async () => {
    const name = worldName('file');
    const result = await script(
      `d=$(mktemp -d); cd $d; $LSMFS run --name ${name} --log-file=kept -- sh -c 'load_policy; $LSMFS log' > seen
       diff kept seen && grep -c MAC_POLICY_LOAD kept; rm -r $d
       $LSMFS run --log-file=/no/such/file -- true; echo "= $?"`,
    );
    expect(result.stdout).toBe('1\n= 125\n');
    expect(result.stderr).toContain('/no/such/file cannot be');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
