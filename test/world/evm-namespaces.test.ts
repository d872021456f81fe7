/** EVM of user namespaces on real files: each has a key and HMACs of its own, and they follow what others do. */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { CONTAINERS } from './containers.ts';
import { script } from './program.ts';

/** Roots of two namespaces; the first owns the file. There are no such users. */
const [FIRST, SECOND] = [4751, 4752];
/** A tmpfs: on overlayfs EVM keeps no HMACs. */
const PLACE = '/dev/shm/lsmfs-evmns-';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(PLACE);
  chmodSync(folder, 0o755);
  for (const name of ['host', 'first', 'second']) writeFileSync(path.join(folder, name), `the key of ${name}`);
  writeFileSync(path.join(folder, 'file'), 'content\n');
  chownSync(path.join(folder, 'file'), FIRST, FIRST);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BOTH = `${CONTAINERS}
on='cd /sys/kernel/security/integrity; echo 1 > ima/active; echo 1 > evm/active; echo 1 > evm/evm'
label='setfattr -n security.ima -v 0x0404$(sha256sum < file | cut -c 1-64) file'
hmac='getfattr -n security.evm -e hex file | grep -o 0x.*'
container '0 ${FIRST} 1\\n'; first=$!; container '0 ${SECOND} 1\\n1 ${FIRST} 1\\n'; second=$!
`;

/** security.evm by somebody else: `compute KEY...`. */
const COMPUTE = `compute() { python3 ${path.join(import.meta.dirname, 'evm-client.py')} hmac content "$@"; }
`;

async function inWorld(commands: string) {
  const keys = `--evm-hmac-key host --evm-hmac-key ${FIRST}:first --evm-hmac-key ${SECOND}:second`;
  const result = await script(`$LSMFS run --lsm= ${keys} -- bash -c "$INSIDE"`, {
    cwd: folder,
    timeoutMs: 90_000,
    env: { INSIDE: BOTH + commands },
  });
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.split('\n').filter(Boolean);
}

describe('EVM of a user namespace', () => {
  it('has a switch, flags that add up, and refuses attributes before', async () => {
    const lines = await inWorld(`
      inside $first "$mounted; cd /sys/kernel/security/integrity/evm; cat active evm; echo; echo 1 > evm; cat evm; echo"
      inside $first 'setfattr -n security.evm -v 0x0502 file; setfattr -n security.ima -v 0x0404ab file'
      inside $first 'cd /sys/kernel/security/integrity/evm; echo 2 > active; echo 1 > active; cat active; echo 1 > active'
      inside $first 'cd /sys/kernel/security/evm 2> /dev/null; cd /sys/kernel/security; for bits in 4 2 1 4; do echo $bits > evm; cat evm; echo; done'
      cat /sys/kernel/security/evm; echo; ls /sys/kernel/security/integrity/evm`);
    const message = (text: string) => expect.stringMatching(text);
    expect(lines).toEqual([
      ...['0', '0', message('Permission denied'), '0'],
      ...['setfattr: file: Operation not permitted', 'setfattr: file: Operation not permitted'],
      ...[message('Invalid argument'), '1', message('busy')],
      ...['4', '6', '3', message('Operation not permitted'), '3', '0', 'evm'],
    ]);
  });

  it('keeps its own HMAC of a file, which a change in another namespace leaves right', async () => {
    const lines = await inWorld(`${COMPUTE}
      inside $first "$mounted; $on"; inside $second "$mounted; $on"; echo 1 > /sys/kernel/security/evm
      inside $first "$label; $hmac"; inside $second "$label; $hmac"; compute first second
      inside $first 'echo appraise fowner=0 > /sys/kernel/security/ima/policy'
      inside $second 'echo appraise fowner=1 > /sys/kernel/security/ima/policy'
      inside $first 'chmod 640 file; cat file'; inside $second 'cat file; chmod 604 file'; inside $first 'cat file'
      chmod 644 file; inside $second 'cat file'
      inside $first "$hmac"; inside $second "$hmac"; compute first second
      getfattr -d -m - file`);
    const [own, other, computed, otherComputed, ...rest] = lines;
    expect([computed, otherComputed]).toEqual([own, other]);
    expect(own).not.toBe(other);
    const [first, second, sameFirst, sameSecond, ...host] = rest.slice(4);
    expect(rest.slice(0, 4)).toEqual(['content', 'content', 'content', 'content']);
    expect([sameFirst, sameSecond, ...host]).toEqual([first, second]);
    expect(new Set([own, other, first, second]).size).toBe(2);
  });

  it('finds out what somebody without the key has changed', async () => {
    await inWorld(`inside $first "$mounted; $on; cd - > /dev/null; $label"`);
    chmodSync(path.join(folder, 'file'), 0o666);
    const lines = await inWorld(`inside $first "$mounted; $on"
      inside $first 'echo appraise fowner=0 > /sys/kernel/security/ima/policy; cat file; chmod 600 file'
      inside $second "$mounted; $on"; inside $second 'chmod 600 file'; stat -c %a file`);
    expect(lines).toEqual([
      'cat: file: Permission denied',
      "chmod: changing permissions of 'file': Operation not permitted",
      '600',
    ]);
  });
});
