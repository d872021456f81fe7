/** Names, attributes, directories, changes of the tree, through a real mount. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const output = async (command: string) => {
  const { stdout, stderr } = await server.shell(command);
  return stdout + stderr;
};

test('attributes arrive unchanged', async () => {
  const format = "stat -c '%A %u %g %s %h %b %.9X %.9Y %.9Z'";
  const times = '981173106.789012345 981173106.789012345 981173106.789012345';
  expect(await output(`TZ=UTC ${format} hello sized dir`)).toBe(
    [`-rw-rw-rw- 0 0 0 1 0 ${times}`, `-rw-r----- 0 0 11 1 0 ${times}`, `drwxr-xr-x 0 0 0 2 0 ${times}`, ''].join('\n'),
  );
});

test('chmod, chown and touch change them; the type stays', async () => {
  expect(
    await output("chmod 0600 hello && chown 12:34 hello && touch -d @1000.5 hello && stat -c '%a %u %g %.2Y' hello"),
  ).toBe('600 12 34 1000.50\n');
  const before = Date.now();
  await output('touch hello');
  const changed = Number(await output("stat -c '%.3Z' hello")) * 1000;
  expect(changed).toBeGreaterThanOrEqual(before - 1);
  await output('chmod 0666 hello; chown 0:0 hello');
});

test('listing gives names, types and inode numbers that agree with stat', async () => {
  expect(await output('ls -1 dir | wc -l; ls -1 static | head -2')).toBe('100\nf000\nf001\n');
  expect(await output("find . -maxdepth 1 -type c; find . -maxdepth 1 -type l -printf '%p\\n'")).toBe(
    './null\n./self\n',
  );
  const [listed, stated] = (
    await output("ls -id dir static work | awk '{print $1}' | xargs; stat -c %i dir static work | xargs")
  ).split('\n');
  expect(listed).toBe(stated);
  expect(await output('stat -c %i . dir/..')).toMatch(/^(\d+)\n\1\n$/);
});

test('a symlink can depend on who reads it', async () => {
  const [pid, target] = (await output('echo $$; exec readlink self')).split('\n');
  expect(target).toBe(`task-${pid}`);
});

test('requests carry the identity of the caller', async () => {
  const [pid, line] = (await output('echo $$; exec cat whoami')).split('\n');
  expect(line).toBe(`${pid} ${pid} 0 0`);
});

test('device nodes are the kernel’s', async () => {
  expect(await output("stat -c '%t %T' null; echo gone > null; cat null; echo $?")).toBe('1 3\n0\n');
});

test('missing names, and what a directory does not support', async () => {
  expect(await output('cat nothing')).toContain('No such file');
  expect(await output('mkdir made')).toContain('Operation not permitted');
  expect(await output('echo x > made')).toContain('Permission denied');
  expect(await output('rm -f hello')).toContain('Operation not permitted');
});

test('making, linking, renaming and removing', async () => {
  expect(
    await output('cd work && mkdir d && echo text > d/f && ln d/f l && ln -s l s && cat s && ls && rm -r d l s && ls'),
  ).toBe('text\nd\nl\ns\n');
  expect(await output("cd work && mknod m c 1 3 && stat -c '%t %T' m && rm m")).toBe('1 3\n');
  // RENAME_NOREPLACE onto something, a plain rename, and one out of a directory that has none.
  expect(await server.client('renames')).toEqual([-17, 0, -1]);
});

test('names that are not UTF-8 survive', async () => {
  expect(
    await output('cd work && f=$(printf \'\\377\\303x\') && echo raw > "$f" && ls | grep -ac x && cat "$f" && rm "$f"'),
  ).toBe('1\nraw\n');
});

test('extended attributes, with the size protocol', async () => {
  expect(await server.client('xattrs')).toEqual({
    missing: -61,
    set: 0,
    get: 'value\0with nul',
    size: 14,
    tooSmall: -34,
    list: 'security.test\0'.padEnd(100, '\0').slice(0, 14),
    remove: 0,
    removed: -61,
    directory: -95,
  });
});

test('mode bits are checked by the kernel for other users', async () => {
  expect(await output('setpriv --reuid 2000001234 --regid 2000001234 --clear-groups cat sized')).toContain(
    'Permission denied',
  );
  expect(await output('setpriv --reuid 2000001234 --regid 2000001234 --clear-groups cat whoami')).toMatch(
    /^\d+ \d+ 2000001234 2000001234\n$/,
  );
});

test('a name in a remembered directory appears and vanishes when announced', async () => {
  const show = 'cat sometimes 2>&1; ls | grep -c sometimes';
  expect(await output(show)).toContain('No such file');
  // The look follows the write immediately: the write has not returned before the kernel knows.
  expect(await output(`echo 1 > switch; ${show}`)).toBe('here\n1\n');
  expect(await output(`echo 0 > switch; ${show}`)).toContain('No such file');
});

test('who holds a removed entry open sees that it was deleted', async () => {
  const command = 'echo 1 > switch; exec 3< sometimes; echo 0 > switch; readlink /proc/$$/fd/3; cat <&3';
  expect(await output(command)).toMatch(/\/sometimes \(deleted\)\nhere\n$/);
});
