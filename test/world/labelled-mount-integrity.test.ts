/** IMA and EVM below `lsmfs mount --labels`. */
import { describe, expect, it } from 'vitest';
import { hostFileLabellers } from '../../world/doctor/file-labellers.ts';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

/** Shell: $b is served at $m, IMA's files are in $ima, and $end ends that. */
const served = (options: string, folder = '/dev/shm'): string => `${UNTIL}
  b=$(mktemp -d -p ${folder}); m=$(mktemp -d); t=$(mktemp -d); chmod 755 $b $m; out=$(mktemp); ima=$t/sys/kernel/security/ima
  $LSMFS mount --labels=$b --tree=$t --lsm= --build=debian-policy --param ima_template=ima-ng ${options} $m > $out & pid=$!; until_true grep -qsx $m $out
  end() { kill -TERM $pid; wait $pid; echo "status $?"; grep -c -e " $m " -e " $t" /proc/self/mountinfo; rmdir $m $t; rm -r $b $out; }
  listed() { cut -d ' ' -f 4- $ima/ascii_runtime_measurements | sed "1d; s|$m/||"; }
  sum() { sha256sum < $b/$1 | cut -d ' ' -f 1; }
`;
const ENDED = ['status 0', '0'];

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

describe('IMA below a labelled mount', () => {
  it('measures what is opened and executed, and tells who writes meanwhile', async () => {
    const result = await script(`${served('', '/var/tmp')}
      echo content > $b/file; echo other > $b/other; printf '#!/bin/sh\\necho ran\\n' > $b/tool; chmod 755 $b/tool; cp /bin/true $b/elf; chown 4711 $b/file $b/tool $b/elf
      cat $m/file
      printf 'measure func=FILE_CHECK mask=MAY_READ fowner=4711\\nmeasure func=BPRM_CHECK mask=MAY_EXEC fowner=4711\\n' > $ima/policy
      echo "sha256:$(sum file) file" > $t.want; cat $m/file; cat $m/file $m/other > /dev/null; $m/tool; $m/elf
      for name in tool elf; do echo "sha256:$(sum $name) $name" >> $t.want; done
      echo more >> $m/file; cat $m/file > /dev/null; echo "sha256:$(sum file) file" >> $t.want
      listed | diff - $t.want && echo as expected; cat $ima/violations
      exec 3>> $m/file; cat $m/file > /dev/null; exec 3>&-
      exec 3< $m/file; echo more >> $m/file; exec 3<&-
      listed | tail -n +5; cat $ima/violations; rm $t.want; end`);
    expect(result.stderr).toBe('');
    const violation = `sha256:${'0'.repeat(64)} file`;
    expect(linesOf(result.stdout)).toEqual([
      ...['content', 'content', 'ran', 'as expected', '0', violation, violation, '2', ...ENDED],
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('appraises, and makes the digest of what was written anew', async () => {
    // Of a hundred refused opens none stays; a thread that begins meanwhile has five descriptors of its own.
    const result = await script(`${served('')}
      digest() { echo 0x0404$(sum $1); }
      echo good > $b/good; echo bad > $b/bad; chown 4712 $b/good $b/bad
      echo 'appraise fowner=4712' > $ima/policy
      cat $m/good 2>&1 | sed 's/.*: //'; for file in good bad; do setfattr -n security.ima -v $(digest good) $m/$file; done
      cat $m/good; cat $m/bad 2>&1 | sed 's/.*: //'; bash -c "echo x >> $m/bad" 2> /dev/null; echo "wrote $?"
      echo more >> $m/good; cat $m/good; [ $(getfattr --only-values -n security.ima $m/good | xxd -p -c 99) = $(digest good | cut -c 3-) ] && echo anew
      echo outside >> $b/good; cat $m/good 2>&1 | sed 's/.*: //'
      ls /proc/$pid/fd | wc -l > $t.before; for i in $(seq 50); do cat $m/bad $m/good 2> /dev/null; done; fds=$(ls /proc/$pid/fd | wc -l)
      [ $fds -lt $(($(cat $t.before) + 50)) ] && echo closed; rm $t.before; end`);
    const denied = 'Permission denied';
    expect(linesOf(result.stdout)).toEqual([
      ...[denied, 'good', denied, 'wrote 1', 'good', 'more', 'anew', denied, 'closed', ...ENDED],
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('lets nobody wait for a digest but who opens the file, and him be killed', async () => {
    const result = await script(`${served('')} truncate -s 20G $b/large; echo small > $b/small
      echo 'measure func=FILE_CHECK mask=MAY_READ' > $ima/policy
      cat $m/large > /dev/null & large=$!; reads() { ls -l /proc/$pid/fd | grep -q large; }; until_true reads
      cat $m/small; kill $large; wait $large; echo "ended $?"; grep -c large $ima/ascii_runtime_measurements; end`);
    expect(linesOf(result.stdout)).toEqual(['small', 'ended 143', '0', ...ENDED]);
    expect(result.leftovers).toSatisfy(isClean);
  });
});

it('EVM keeps its HMAC below a labelled mount, the one that a world makes', async (context) => {
  // A file that has a label and no HMAC, because it was made outside, is given none.
  if (hostFileLabellers().length > 0) context.skip('the host labels files itself');
  const result = await script(`d=$(mktemp); head -c 64 /dev/urandom > $d.key; ${served('--evm-hmac-key=$d.key')}
    echo 1 > $t/sys/kernel/security/evm; echo content > $b/file; chown 4712 $b/file
    setfattr -n security.ima -v 0x0404$(sum file) $m/file; echo 'appraise fowner=4712' > $ima/policy
    cat $m/file; chmod 640 $m/file; cat $m/file; echo more >> $m/file; cat $m/file > /dev/null && echo follows
    export b; $LSMFS run --lsm= --evm-hmac-key=$d.key -- sh -c 'echo 1 > /sys/kernel/security/evm; echo "appraise fowner=4712" > /sys/kernel/security/ima/policy
      cat $b/file && chmod 644 $b/file && cat $b/file > /dev/null'
    cat $m/file > /dev/null && echo the same
    chmod 600 $b/file; cat $m/file 2>&1 | sed 's/.*: //'; chmod 644 $m/file 2>&1 | sed 's/.*: //'; rm $d $d.key; end`);
  expect(linesOf(result.stdout)).toEqual([
    ...['content', 'content', 'follows', 'content', 'more', 'the same', 'Permission denied', 'Operation not permitted'],
    ...ENDED,
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});
