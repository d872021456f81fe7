/** Modules with a signature at their end (appraise_type=imasig|modsig), given to finit_module(2). */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NR } from '../../host/libc.ts';
import { isClean } from '../support/box.ts';
import { append, SigningFolder } from '../support/signed-messages.ts';
import { script } from './program.ts';

const IMA = '/sys/kernel/security/ima';
/** What is before the signature is longer than what is read at once, and is no module. */
const CONTENT = 'no module\n'.repeat(150_000);
const LOAD = `import ctypes, errno, os, sys
call = ctypes.CDLL(None, use_errno=True).syscall
for name in sys.argv[1:]:
    call(${NR.finit_module}, os.open(name, os.O_RDONLY), b"", 0)
    print(name, errno.errorcode[ctypes.get_errno()] == "EACCES" and "refused" or "passed")
`;
const keys = new SigningFolder();
let folder: string;
let message: Buffer;
const write = (name: string, content: string | Uint8Array) => writeFileSync(path.join(folder, name), content);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-appended-'));
  chmodSync(folder, 0o755);
  write('key.der', keys.make('known', 'rsa'));
  keys.make('unknown', 'rsa');
  message = keys.sign(CONTENT, ['known']);
  const signed = append(CONTENT, message);
  write('load.py', LOAD);
  write('signed', signed);
  write('changed', append(CONTENT.replace('no', 'a '), message));
  write('unknown', append(CONTENT, keys.sign(CONTENT, ['unknown'])));
  write('unsigned', CONTENT);
  write('cut', signed.subarray(0, -1));
  write('tail', signed.subarray(-message.length - 40));
});

afterAll(() => {
  keys.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('modules are what is signed at their end, or are not loaded', async () => {
  const commands = [
    'exec 2>&1',
    `{ echo 'measure func=MODULE_CHECK template=ima-modsig'; echo 'appraise func=MODULE_CHECK appraise_type=imasig|modsig'; } > ${IMA}/policy`,
    // Who may load none has the kernel's error, and nothing is listed.
    'setpriv --bounding-set=-sys_module --inh-caps=-sys_module python3 load.py changed',
    'python3 load.py signed changed unknown unsigned cut tail signed',
    `tail -n +2 ${IMA}/ascii_runtime_measurements | cut -d ' ' -f 5,7-`,
  ];
  // In a user namespace CAP_SYS_MODULE is there where the tests lack it, and the host's kernel loads nothing.
  const run = 'unshare -Ur $LSMFS run --build=full --lsm= --ima-key key.der -- bash -c "$INSIDE"';
  const result = await script(run, { cwd: folder, env: { INSIDE: commands.join('\n') } });
  const sha256 = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const lines = result.stdout.split('\n').filter(Boolean);
  expect(lines.slice(0, 8)).toEqual([
    'changed passed',
    ...['signed passed', 'changed refused', 'unknown refused', 'unsigned refused', 'cut refused', 'tail refused'],
    'signed passed',
  ]);
  expect(lines.slice(8, 14).map((line) => line.split(' ').slice(0, 2))).toEqual([
    [`${folder}/signed`, sha256(CONTENT)],
    [`${folder}/changed`, sha256(CONTENT.replace('no', 'a '))],
    [`${folder}/unknown`, sha256(CONTENT)],
    ...['unsigned', 'cut', 'tail'].map((name) => [`${folder}/${name}`, '']),
  ]);
  expect(lines[8]?.split(' ')[2]).toBe(message.toString('hex'));
  expect(result.leftovers).toSatisfy(isClean);
});
