/** A program whose node:fs is a world's, by vitest's own mocks: what a user writes, with the package as it is installed. */
import fs, { readFile, readFileSync, writeFileSync } from 'node:fs';
import promises, { appendFile, open } from 'node:fs/promises';
import { createWorld } from 'lsmfs';
import { expect, test, vi } from 'vitest';

const world = vi.hoisted(async () => (await import('lsmfs')).createWorld({ lsm: 'selinux' }));
vi.mock('node:fs', async () => (await world).fs);
vi.mock('node:fs/promises', async () => (await world).fs.promises);

test('reads and writes by functions that were taken out of the module', () => {
  writeFileSync('/sys/fs/selinux/enforce', '1');
  expect(readFileSync('/sys/fs/selinux/enforce', 'utf8')).toBe('1');
  writeFileSync('/etc/motd', 'hello');
  expect(fs.readFileSync('/etc/motd', 'utf8')).toBe('hello');
  expect(fs.existsSync('/etc/passwd')).toBe(false);
});

test('answers callbacks', async () => {
  const policyvers = await new Promise((resolve, reject) => {
    readFile('/sys/fs/selinux/policyvers', 'utf8', (error, text) => (error ? reject(error) : resolve(text)));
  });
  expect(policyvers).toBe('33');
  const missing = await new Promise((resolve) => fs.stat('/nowhere', resolve));
  expect(missing).toMatchObject({ code: 'ENOENT', syscall: 'stat', path: '/nowhere' });
});

test('is node:fs/promises, too', async () => {
  await promises.mkdir('/srv/www/html', { recursive: true });
  await promises.writeFile('/srv/www/html/index', 'one\n');
  await appendFile('/srv/www/html/index', 'two\n');
  const lines: string[] = [];
  const file = await open('/srv/www/html/index');
  for await (const line of file.readLines()) lines.push(line);
  expect(lines).toEqual(['one', 'two']);
  await expect(promises.readFile('/srv/none')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('has the labels of a process', async () => {
  expect(readFileSync('/proc/self/attr/current', 'utf8')).toBe('kernel\0');
  await expect(promises.readFile('/proc/self/attr/current', 'utf8')).resolves.toBe('kernel\0');
  expect(createWorld).toBeTypeOf('function');
});
