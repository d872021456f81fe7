/** Records of AppArmor and Smack in the form in which ausearch(8) finds them, and the kernel's. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, PROGRAM } from './program.ts';

const run = (lsm: string, text: string) =>
  lsmfs(['run', `--lsm=${lsm}`, '--', 'bash', '-c', `log() { $LSMFS log --audit "$@"; }\n${text}`], {
    env: { LSMFS: `${process.execPath} ${PROGRAM}` },
  });

it('named records of AppArmor are found by ausearch and known to its own tools, the kernel form to the latter only', async () => {
  const result = await run(
    'apparmor',
    `cd $(mktemp -d) && trap 'rm -rf "$PWD"' EXIT; mkdir -p profiles/tunables profiles/abstractions
printf '%s\\n' 'profile web {' '  /{usr/,}{bin,lib,lib64}/** mrix,' '  /etc/ld.so.cache r,' '}' > profiles/web; apparmor_parser -qKr profiles/web
aa-exec -p web -- cat /etc/shadow 2>/dev/null
log --apparmor-type=named > named; log > kernel
ausearch -if named -m APPARMOR_DENIED --format raw | grep -c '^type=APPARMOR_DENIED .*name="/etc/shadow"'
ausearch -if named -m APPARMOR_STATUS --format raw | grep -c 'operation="profile_load"'
ausearch -if kernel -m AVC 2>&1
diff <(sed 's/^type=[A-Z_]*//' named) <(sed 's/^type=[A-Z_]*//' kernel) && echo same text
for file in named kernel; do
  /usr/bin/python3 -c 'import sys, LibAppArmor as a
for line in open(sys.argv[1]):
    if "/etc/shadow" in line: r = a.parse_record(line); print(r.event == a.AA_RECORD_DENIED, r.name)' $file
  aa-logprof -a -d profiles -f $file | grep Adding.*shadow; apparmor_parser -qKr profiles/web; sed -i '/shadow/d' profiles/web
done`,
  );
  const read = 'True /etc/shadow\nAdding owner /etc/shadow r, to profile web.\n';
  expect(result.stdout).toBe(`1\n1\n<no matches>\nsame text\n${read}${read}`);
  expect(result.leftovers).toSatisfy(isClean);
});

it('records of Smack with their class are found by ausearch', async () => {
  const result = await run(
    'smack',
    `cd $(mktemp -d) && trap 'rm -rf "$PWD"' EXIT; chmod 755 .; echo x > secret
/usr/bin/python3 -c 'import os; os.setxattr("secret", "security.SMACK64", b"Secret")'
(printf App > /proc/self/attr/current; setpriv --reuid=65534 --clear-groups cat secret 2>/dev/null)
log --smack-tclass > named; log > kernel
ausearch -if named -m AVC --format raw | grep -c '^type=AVC .*lsm=SMACK.* tclass=smack$'; ausearch -if kernel -m AVC 2>&1`,
  );
  expect(result.stdout).toBe('1\n<no matches>\n');
  expect(result.leftovers).toSatisfy(isClean);
});
