/** Programs that write to audit, and one that finds sessions in what they wrote. auditctl, auditd, ausearch, aureport: audit.test.ts. */
import { expect, it } from 'vitest';
import { type BoxResult, isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

const NAME = 'echo machine > /proc/sys/kernel/hostname\n';
/** In a mount namespace of its own, on a machine with a name: some programs tell it, and aulast(8) knows no session without. */
const inWorld = (text: string) =>
  lsmfs(
    [
      'run',
      '--lsm=yama',
      '--param',
      'audit=1',
      '--',
      'unshare',
      '-mu',
      '--propagation=private',
      'bash',
      '-c',
      NAME + text,
    ],
    { env: { LSMFS: `${process.execPath} ${PROGRAM}` } },
  );
/** PAM asks for nothing, and sets the login. */
const PAM = `mount -t tmpfs none /etc/pam.d
for name in su login; do
  printf 'auth sufficient pam_rootok.so\\naccount required pam_permit.so\\nsession required pam_loginuid.so\\n' > /etc/pam.d/$name
done
`;

/** Of each record but SYSCALL and PROCTITLE what tells it apart: type, login and what the program says. */
function told({ stdout }: BoxResult): string[] {
  return [...stdout.matchAll(/^type=(\S+) .*? (auid=\d+) .*?(?:msg='(op=\S+) |(tty=\S+) old)/gm)].map((match) =>
    match.slice(1).filter(Boolean).join(' '),
  );
}

it('su and pam_loginuid log in: the login of the session, and what PAM tells of it', async () => {
  const result =
    await inWorld(`${PAM}su -s /bin/sh nobody -c 'cat /proc/self/loginuid; echo; cat /proc/self/sessionid; echo'
    $LSMFS log --audit`);
  expect(result.stdout).toMatch(/^65534\n1\n/);
  expect(told(result)).toEqual([
    'USER_AUTH auid=4294967295 op=PAM:authentication',
    'USER_ACCT auid=4294967295 op=PAM:accounting',
    'CRED_ACQ auid=4294967295 op=PAM:setcred',
    'LOGIN auid=65534 tty=(none)',
    'USER_START auid=65534 op=PAM:session_open',
    'USER_END auid=65534 op=PAM:session_close',
    'CRED_DISP auid=65534 op=PAM:setcred',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

it('useradd and its like tell what they did, and who had it done', async () => {
  const result = await inWorld(`echo 1000 > /proc/self/loginuid; d=$(mktemp -d); mkdir $d/etc $d/var $d/home
    for f in passwd group shadow gshadow; do : > $d/etc/$f; done
    useradd --prefix $d --create-home joe; userdel --prefix $d joe; groupadd --prefix $d them; rm -r $d
    $LSMFS log --audit`);
  expect(told(result)).toEqual([
    'LOGIN auid=1000 tty=(none)',
    'ADD_USER auid=1000 op=add-user',
    'USER_MGMT auid=1000 op=add-home-dir',
    'DEL_USER auid=1000 op=delete-user',
    'ADD_GROUP auid=1000 op=add-group',
    'GRP_MGMT auid=1000 op=add-shadow-group',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

it('aulast finds the session that login(1) began and ended', async () => {
  // By exec: login hangs its terminal up, and script(1) waits for ever where a shell that stays (dash) led that session.
  const result = await inWorld(
    `${PAM}script -qec 'exec login -f nobody' /dev/null > /dev/null; $LSMFS log --audit | aulast --stdin`,
  );
  expect(result.stdout).toMatch(/^nobody +pts\/\d+ +\S+ +\w+ \w+ +\d+ \d+:\d+ - \d+:\d+ +\(00:00\)\n$/);
  expect(result.leftovers).toSatisfy(isClean);
});
