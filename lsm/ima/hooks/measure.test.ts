/** What is measured and audited, and when. */
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../library/index.ts';
import { digestsOf, setUp, TestFile } from './testing.ts';

describe('files that are used', () => {
  it('are listed once for each content and name', () => {
    const box = setUp('measure func=FILE_CHECK mask=MAY_READ fowner=5', { parameters: { ima_template: 'ima-ng' } });
    const file = new TestFile('/a b', 'one');
    expect(box.needs(file, 'open', 4)?.digests).toEqual(['sha256']);
    expect(box.needs(file, 'open', 2)).toBeUndefined();
    expect(box.needs(file, 'exec', 1)).toBeUndefined();
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.needs(file, 'open', 4)?.digests).toEqual([]);
    const one = `sha256:${digestsOf('one').sha256}`;
    expect(box.list().map((line) => line.split(' ').slice(2))).toEqual([['ima-ng', one, '/a_b']]);
    file.write('two');
    expect(box.needs(file, 'open', 4)?.digests).toEqual(['sha256']);
    box.apply(file, 'open', 4);
    file.write('one');
    box.apply(file, 'open', 4);
    expect(box.list()).toHaveLength(2);
    box.apply(new TestFile('/c', 'one'), 'open', 4);
    expect(box.list()).toHaveLength(3);
  });

  it('are not looked at without a rule, nor are others than regular files', () => {
    const idle = createWorld({ lsm: '' });
    expect(idle.stack.uses.watch.active).toBe(false);
    const box = setUp('measure');
    expect(box.world.stack.uses.watch.active).toBe(true);
    const directory = new TestFile('/d', '');
    directory.facts = { ...directory.facts, mode: 0o040755 };
    expect(box.needs(directory, 'open', 4)).toBeUndefined();
  });

  it('that are read while they are written, and the other way round, are violations', () => {
    const box = setUp('measure func=FILE_CHECK mask=MAY_READ');
    const file = new TestFile('/f', 'x');
    file.has({ writers: true, openers: true });
    box.apply(file, 'open', 4);
    box.apply(file, 'open', 4);
    expect(box.violations()).toBe('1\n');
    expect(box.list()[0]).toContain('10 0000000000000000000000000000000000000000 ima-sig');
    file.has({ writers: false, openers: true });
    box.apply(file, 'open', 2, { writes: true });
    box.apply(file, 'open', 2, { writes: true });
    expect(box.violations()).toBe('2\n');
    const causes = box.world.audit.filter(({ type }) => type === 1804).map(({ body }) => /cause=(\w+)/.exec(body)?.[1]);
    expect(causes).toEqual(['open_writers', 'ToMToU']);
  });

  it('have zeros for a digest that could not be made, and a record', () => {
    const box = setUp('measure func=FILE_CHECK');
    const file = new TestFile('/f', 'x');
    file.has({ digests: {} });
    expect(box.apply(file, 'open', 4)).toBe(0);
    expect(box.list()[0]).toContain(`sha256:${'0'.repeat(64)} /f`);
    expect(box.world.audit.at(-1)?.body).toContain('op=collect_data cause=failed');
  });

  it('need a second digest for the oldest template', () => {
    const box = setUp('measure func=FILE_CHECK template=ima');
    const file = new TestFile('/f', 'x');
    expect(box.needs(file, 'open', 4)?.digests).toEqual(['sha256', 'sha1']);
    box.apply(file, 'open', 4);
    expect(box.list()[0]).toMatch(new RegExp(`^10 [0-9a-f]{40} ima ${digestsOf('x').sha1} /f$`));
  });

  it('are audited for each content', () => {
    const box = setUp('audit func=BPRM_CHECK');
    const file = new TestFile('/bin/x', 'x');
    for (let count = 0; count < 2; count++) box.apply(file, 'exec', 1);
    const records = box.world.audit.filter(({ type }) => type === 1805);
    expect(records).toHaveLength(1);
    expect(records[0]?.body).toContain(`file="/bin/x" hash="sha256:${digestsOf('x').sha256}" ppid=1 pid=`);
    file.write('y');
    box.apply(file, 'exec', 1);
    expect(box.world.audit.filter(({ type }) => type === 1805)).toHaveLength(2);
  });
});
