/** `lsmfs mount --labels`: what files have for content, where the kernel reads and writes them itself and where it does not. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { passthroughProblem } from '../../fuse/index.ts';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

const DATA = path.resolve('test/world/labelled/data.py');
/** Why the kernel does not; that is what `lsmfs doctor` says. */
const problem = passthroughProblem();

/** Shell: $b is served at $m, and $end ends that. `prepare` may mount something at $b, with the directories below $o. */
const served = (folder: string, prepare = ':'): string => `${UNTIL}
  b=$(mktemp -d -p ${folder}); o=$(mktemp -d -p ${folder}); ${prepare}; m=$(mktemp -d); chmod 755 $b $m; out=$(mktemp); w=$(mktemp -d)
  $LSMFS mount --labels=$b --lsm= $m > $out & pid=$!; until_true grep -qsx $m $out
  end() { kill -TERM $pid; wait $pid; echo "status $?"; while umount $b 2> /dev/null; do :; done; rm -r $b $o $out $w; rmdir $m; }
`;

/** Shell: covers $b by an overlay of it. */
const overlay = (number: number): string =>
  `mkdir $o/u${number} $o/w${number}; mount -t overlay none -o lowerdir=$b,upperdir=$o/u${number},workdir=$o/w${number} $b`;

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

describe('files that several have open', () => {
  it.each([
    ['in memory', '/dev/shm', ':', 'exact', [1, 2]],
    ['on disk', '/var/tmp', ':', '', [3, 4]],
    ['that are stacked too deep for the kernel to read them', '/dev/shm', `${overlay(1)}; ${overlay(2)}`, '', [5, 6]],
  ])(
    'are read, written, mapped and cut as without: %s',
    async (_what, folder, prepare, exact, seeds) => {
      const result = await script(
        `${served(folder, prepare)} for seed in ${seeds.join(' ')}; do mkdir $b/$seed; chmod 777 $b/$seed
         python3 ${DATA} $b/$seed $m/$seed/served $seed 500 ${exact}; done; end`,
        { timeoutMs: 120_000 },
      );
      expect(result.stderr).toBe('');
      const lines = linesOf(result.stdout);
      expect(lines.filter((line) => line.startsWith('step'))).toEqual([]);
      expect(lines.filter((line) => /^500 steps, \d+ failed$/.test(line))).toHaveLength(seeds.length);
      expect(lines.at(-1)).toBe('status 0');
      expect(result.leftovers).toSatisfy(isClean);
    },
    150_000,
  );
});

describe('a kernel that reads and writes files for a server', () => {
  it('needs no server for files that are open', async (context) => {
    if (problem !== undefined) context.skip(problem);
    const result = await script(`${served('/dev/shm')} printf contents > $b/file
      cat > $w/client.py <<EOF
import mmap, os, sys
fd = os.open('$m/file', os.O_RDWR)
memory = mmap.mmap(fd, 4)
os.write(fd, b'C')
print(flush=True)
sys.stdin.readline()
memory[2:4] = b'mm'
print(os.pread(fd, 100, 0), os.pwrite(fd, b'end', 8), os.pread(fd, 100, 0), flush=True)
sys.stdin.readline()
print(os.fstat(fd).st_size)
EOF
      mkfifo $w/go; python3 $w/client.py < $w/go > $w/said & client=$!; exec 3> $w/go; until_true test -s $w/said
      kill -STOP $pid; until_true grep -q '^State:.T' /proc/$pid/status; echo >&3; until_true grep -q end $w/said
      cat $b/file; echo; kill -CONT $pid; echo >&3; wait $client; cat $w/said; end`);
    expect(linesOf(result.stdout)).toEqual(['Commentsend', ...["b'Comments' 3 b'Commentsend'", '11'], 'status 0']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('writes as who opened the file: set-user-ID bits go', async () => {
    const result = await script(`${served('/dev/shm')} echo text > $b/file; chmod 6777 $b/file
      echo more >> $m/file; stat -c %a $b/file
      setpriv --reuid=2000001000 --regid=2000001000 --clear-groups sh -c "echo more >> $m/file"; stat -c %a,%s $b/file
      chmod 6777 $b/file; python3 -c "import os; os.chown('$m/file', -1, -1)"; stat -c %a $b/file; end`);
    expect(linesOf(result.stdout)).toEqual(['6777', '777,15', '777', 'status 0']);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is asked for nothing more by files that are opened again and again, by several at once', async () => {
    const result = await script(`${served('/dev/shm')} echo text > $b/file
      for i in $(seq 8); do { for j in $(seq 60); do cat $m/file; echo text > $m/file$i.$j; done > $w/read$i; } & readers="$readers $!"; done
      wait $readers; cat $w/read* | sort | uniq -c | tr -s ' '; cat $b/file?.* | sort | uniq -c | tr -s ' '; end`);
    expect(linesOf(result.stdout)).toEqual([' 480 text', ' 480 text', 'status 0']);
    expect(result.stderr).toBe('');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
