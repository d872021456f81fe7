/** The fuse-native transport: the same tree, within its stated limits. Needs the optional package and libfuse 2. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProblem } from '../../fuse/libfuse/binding.ts';
import { mounted, TestServer } from './harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ program: 'fuse-native-server.ts' });
});
afterAll(() => server.stop());

const output = async (command: string) => {
  const { stdout, stderr } = await server.shell(command);
  return stdout + stderr;
};

test('generated files, directories and attributes', async () => {
  expect(await output('cat hello | wc -c; ls dir | wc -l; readlink self')).toBe('64\n100\ntask-77\n');
  expect(await output("stat -c '%A %u %s %.3Y' sized")).toBe('-rw-r----- 0 11 981173106.789\n');
});

test('every request has the fixed identity', async () => {
  expect(await output('setpriv --reuid 2000001234 --regid 2000001234 --clear-groups cat whoami')).toBe('77 77 0 0\n');
});

test('positions of transaction files are those of the kernel', async () => {
  expect(await server.client('transaction')).toMatchObject({ first: ['0:fir', 'st query', ''], second: '0:second' });
});

test('changes of the tree, and what it refuses', async () => {
  expect(
    await output(
      'cd work && mkdir d && echo text > d/f && mv d/f g && cat g && ln -s g s && cat s && rm -r d g s && ls',
    ),
  ).toBe('text\ntext\n');
  expect(await output('mkdir made')).toContain('Operation not permitted');
  expect(await output('cat nothing')).toContain('No such file');
  expect(await output('cat throws')).toContain('Input/output error');
});

test('attributes can be changed', async () => {
  expect(await output("chmod 0600 hello && chown 12:34 hello && stat -c '%a %u %g' hello")).toBe('600 12 34\n');
});

test('a waiting read is answered when its data comes', async () => {
  expect(await output('(sleep 0.3; echo ring > bell) & head -c 1 bell | grep -c .; wait')).toBe('1\n');
});

test('closing unmounts', async () => {
  const short = await TestServer.start({ program: 'fuse-native-server.ts' });
  short.process.stdin?.end();
  expect(await short.line('ended')).toBe('ended closed');
  expect(mounted(short.directory)).toBe(false);
  await short.stop();
});

test('what is missing is named', () => {
  expect(loadProblem(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }))).toContain(
    'npm install',
  );
  expect(loadProblem(new Error('libfuse.so.2: cannot open shared object file'))).toContain('libfuse2t64');
  expect(loadProblem(new Error('something else'))).toContain('something else');
});
