/** What a user can keep others from by requests below `lsmfs mount --labels` that his filesystem does not answer. */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

/**
 * Shell: a filesystem is served at $m by $server; these requests are not answered by it once own/hush is there.
 * `other CMD` is another user, with a limit.
 */
const served = (silent: string): string => `
  mkdir slow m; python3 hostile.py filesystem slow allow_other,default_permissions LATER ${silent} > told & until_true grep -q mounted told
  $LSMFS mount --labels=slow --lsm= m > ready & server=$!; until_true test -s ready
  other() { timeout 20 setpriv --reuid=2000001001 --regid=2000001001 --clear-groups -- "$@"; }
  at_work() { grep -l request_wait_answer /proc/$server/task/*/wchan 2> /dev/null | wc -l; }
  end() { kill -9 %1; kill $server; wait $server; echo "status $?"; }
`;

describe('a user whose files do not answer', () => {
  it('holds as many threads as are left for others', async () => {
    const result = await onHost(`${served('OPEN')} other stat -c %s m/first; touch own/hush
      for i in $(seq 60); do $AS cat m/f$i & done 2> /dev/null
      stuck() { [ $(at_work) -ge 16 ]; }; until_true stuck
      other stat -c %s m/second; echo "others $?"; at_work; end`);
    expect(result.stdout.split('\n').filter(Boolean)).toEqual(['4096', '4096', 'others 0', '16', 'status 0']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('holds no more by the many ids that he has in a user namespace', async () => {
    const result = await onHost(`${served('OPEN')} other stat -c %s m/first; touch own/hush
      $AS unshare -U sleep 600 & inside=$!; mapped() { env printf '0 2000001000 1\\n1 2000005000 50\\n' > /proc/$inside/uid_map; }; until_true mapped 2> /dev/null; echo '0 2000001000 1' > /proc/$inside/gid_map
      for i in $(seq 50); do nsenter -t $inside -U -S $i -G 0 cat m/f$i & done 2> /dev/null
      stuck() { [ $(at_work) -ge 16 ]; }; until_true stuck; $AS cat m/own & asks() { [ "$(cat /proc/$!/wchan)" = request_wait_answer ]; }; until_true asks
      other stat -c %s m/second; echo "others $?"; at_work; kill $inside; end`);
    expect(result.stdout.split('\n').filter(Boolean)).toEqual(['4096', '4096', 'others 0', '16', 'status 0']);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
