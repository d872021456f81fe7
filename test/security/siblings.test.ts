/** A process that is made as a child of its maker's parent (CLONE_PARENT) is what its maker is. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, worldName } from '../world/program.ts';

const CONFINED = 'system_u:system_r:httpd_t:s0';
/** The sibling says what it is when its maker has ended, and executes a program that says so, too. */
const SIBLING = `
import ctypes, os, platform
CLONE_PARENT, SIGCHLD = 0x8000, 17
read, write = os.pipe()
if ctypes.CDLL(None).syscall(220 if platform.machine() == "aarch64" else 56, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0:
    os.close(write)
    os.read(read, 1)
    print(open("/proc/self/attr/current").read().strip("\\0"), flush=True)
    os.execv("/bin/sed", ["sed", "-z", "s/$/\\\\n/", "/proc/self/attr/current"])
`;

it.each([
  ['where that parent has another label', ''],
  ['where that parent is outside of the world', 'exec'],
])('%s', async (_title, exec) => {
  const name = worldName('siblings');
  const result = await script(
    `$LSMFS run --name=${name} -- sh -c 'load_policy; ${exec} runcon ${CONFINED} /usr/bin/python3 -c "$SIBLING"'; while [ -e /run/lsmfs/${name} ]; do sleep 0.02; done`,
    { env: { SIBLING } },
  );
  expect(result.stderr).toBe('');
  expect(result.stdout.replaceAll('\0', '')).toBe(`${CONFINED}\n${CONFINED}\n`);
  expect(result.leftovers).toSatisfy(isClean);
});
