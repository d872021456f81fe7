/** TPMs of worlds: that what other tools find in the registers is what was measured. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BoxOptions, type BoxResult, isClean } from '../support/box.ts';
import { lsmfs, script, UNTIL, worldName } from './program.ts';

const IMA = '/sys/kernel/security/ima';
const TIMEOUT_MS = 60_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-tpm-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Commands in a world in which files of user 4711 are measured: `one` and `two`, by `use one`. */
async function world(tpm: string, commands: string, options: Partial<BoxOptions> = {}): Promise<BoxResult> {
  const inside = `${UNTIL}
    echo 'measure func=FILE_CHECK fowner=4711' > ${IMA}/policy
    use() { echo $1 > $1; chown 4711 $1; cat $1 > /dev/null; }
    ${commands}`;
  const result = await script(`$LSMFS run --lsm= ${tpm} --name $NAME -- bash -c "$INSIDE" 2>&1`, {
    ...options,
    cwd: folder,
    timeoutMs: TIMEOUT_MS,
    env: { INSIDE: inside, NAME: worldName('tpm'), ...options.env },
  });
  expect(result.leftovers).toSatisfy(isClean);
  return result;
}

describe('an emulated TPM', () => {
  it('has what evmctl computes, also where firmware left something', async () => {
    const left = 'PCR-00: 3A 3F\n'.replace('3A 3F', 'ab '.repeat(32).trim());
    writeFileSync(path.join(folder, 'firmware'), left);
    const { stdout } = await world(
      '--tpm=emulated --tpm-pcrs=sha256,firmware',
      `use one; use two
      for bank in sha1 sha256; do $LSMFS ima --pcrs=$bank > $bank.told
        for n in $(seq 0 23); do printf 'PCR-%02d: ' $n; tr A-F a-f < /sys/class/tpm/tpm0/pcr-$bank/$n; done > $bank.read
        cmp $bank.told $bank.read && echo same
      done
      evmctl ima_measurement --pcrs sha1,sha1.read --pcrs sha256,sha256.read ${IMA}/binary_runtime_measurements
      aggregate=$(cut -d ' ' -f 4 ${IMA}/ascii_runtime_measurements | head -n 1)
      evmctl ima_boot_aggregate --pcrs sha256,sha256.read | grep -c "$aggregate"`,
    );
    expect(stdout).toBe('same\nsame\nMatched per TPM bank calculated digest(s).\n1\n');
  });

  it('refuses files that hold no registers, and choices that it does not have', async () => {
    writeFileSync(path.join(folder, 'bad'), 'PCR-00: 00\n');
    const attempts = [
      [['--tpm=emulated', '--tpm-pcrs=sha256,bad'], 'Line 1 of '],
      [['--tpm=emulated', '--tpm-pcrs=sha256,nothing'], ' cannot be read: ENOENT'],
      [['--tpm=emulated', '--tpm-banks=sha1', '--tpm-pcrs=sha256,bad'], 'The TPM has no bank sha256'],
      [['--tpm=emulated', '--tpm-banks=md5'], 'banks are sha1, sha256, sha384, sha512'],
      [['--tpm-banks=sha1'], 'Banks and registers can be chosen for an emulated TPM only'],
    ] as const;
    for (const [options, message] of attempts) {
      const { status, stderr } = await lsmfs(['run', '--lsm=', ...options, '--', 'true'], { cwd: folder });
      expect([status, stderr]).toEqual([125, expect.stringContaining(message)]);
    }
  });
});

describe('a swtpm', () => {
  it('is missed where it is not installed', async () => {
    const result = await script('PATH=/nowhere; exec $LSMFS run --lsm= --tpm=swtpm -- /bin/true');
    expect([result.status, result.stderr]).toEqual([
      125,
      expect.stringContaining('swtpm cannot be used: it is not installed'),
    ]);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is extended by the kernel, and a quote of it verifies', async () => {
    const { stdout } = await world(
      '--tpm=swtpm',
      `use one; use two; $LSMFS ima --verify | sed -n 's/^PCR 10 sha256: //p' > replayed
      tpm2_pcrread sha256:10 | sed -n 's/.*0x//p' | tr A-F a-f > told; cmp replayed told && echo replayed
      for bank in sha1 sha256; do $LSMFS ima --pcrs=$bank > $bank; done
      evmctl ima_measurement --pcrs sha1,sha1 --pcrs sha256,sha256 ${IMA}/binary_runtime_measurements
      { tpm2_createek -G ecc -c ek; tpm2_flushcontext -t
      tpm2_createak -C ek -G ecc -g sha256 -s ecdsa -c ak -u ak.pem -f pem -n ak.name; tpm2_flushcontext -t
      tpm2_quote -c ak -l sha256:10 -q 4711 -m message -s signature -o registers -g sha256; } > /dev/null
      tpm2_checkquote -u ak.pem -m message -s signature -f registers -g sha256 -q 4711 | grep -ci "$(cat told)"
      tpm2_checkquote -u ak.pem -m message -s signature -f registers -g sha256 -q 4712 > /dev/null 2>&1 || echo other nonce`,
    );
    expect(stdout).toBe('replayed\nMatched per TPM bank calculated digest(s).\n1\nother nonce\n');
  });

  it('shows the kernel what programs extend, whoever else is connected', async () => {
    const { stdout } = await world(
      '--tpm=swtpm',
      `coproc silent { exec python3 -c 'import os, socket, sys
silent = socket.socket(socket.AF_UNIX); silent.connect(os.environ["TPM2TOOLS_TCTI"].split("=")[1]); silent.send(b"\\x80\\x01")
print("connected", flush=True); sys.stdin.read()'; }
      read -r line <&\${silent[0]}; echo $line
      tpm2_pcrextend 16:sha256=$(printf %064d 1) 10:sha256=$(printf %064d 1); use one
      for n in 10 16; do tpm2_pcrread sha256:$n | sed -n 's/.*0x//p' > told; cmp told /sys/class/tpm/tpm0/pcr-sha256/$n && echo same; done`,
    );
    expect(stdout).toBe('connected\nsame\nsame\n');
  });

  it('that dies is told of, and nobody waits for it', async () => {
    const { stdout } = await world(
      '--tpm=swtpm',
      `use one; kill -9 $(pgrep -f "^swtpm .*/$NAME/"); 
      lost() { $LSMFS log | grep -q 'swtpm is lost'; }; until_true lost
      use two; $LSMFS log | grep -o 'ima: Error Communicating.*'; $LSMFS log | grep -o 'cause=TPM_error([^)]*)'
      tail -n 1 ${IMA}/ascii_runtime_measurements | grep -c /two; cat /sys/class/tpm/tpm0/pcr-sha1/10; tpm2_pcrread sha1:10 > /dev/null 2>&1 || echo no answer`,
    );
    expect(stdout).toBe(
      'ima: Error Communicating to TPM chip, result: -32\ncause=TPM_error(-32)\n1\ncat: /sys/class/tpm/tpm0/pcr-sha1/10: Broken pipe\nno answer\n',
    );
  });

  it('ends with its daemon, however that ends', async () => {
    const name = worldName('tpm-killed');
    const result = await script(
      `${UNTIL} $LSMFS run --lsm= --tpm=swtpm --name $NAME -- sh -c 'echo ready; exec sleep 600' > said & command=$!
      until_true grep -q ready said; swtpm=$(pgrep -f "^swtpm .*/$NAME/"); ps -o comm= -p $swtpm
      kill -9 $($LSMFS ps --json | jq ".[] | select(.name == \\"$NAME\\").daemonPid")
      gone() { ! kill -0 $swtpm 2> /dev/null; }; until_true gone; kill -9 $command; wait; $LSMFS ps > /dev/null; ls -d /run/lsmfs/$NAME 2> /dev/null`,
      { cwd: folder, env: { NAME: name }, timeoutMs: TIMEOUT_MS },
    );
    expect([result.stdout, result.leftovers]).toEqual(['swtpm\n', expect.toSatisfy(isClean)]);
  });
});
