import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createWorld, type World, type WorldOptions, type WorldTask } from './index.ts';
import { codeOf } from './testing.ts';

const policy = Uint8Array.from(readFileSync(new URL('../../test/data/policies/mediation.33', import.meta.url)));
const IMA = '/sys/kernel/security/integrity/ima';

const label = (type: string): string => `u:object_r:${type}:s0\0`;

/** A world under an enforcing policy, whose files are labelled, and a task of each domain. */
function labelled(options: WorldOptions = {}) {
  const world = createWorld({ lsm: 'selinux', policy, enforcing: true, rootType: 'tmpfs', ...options });
  const { fs } = world;
  for (const place of ['/', '/etc', '/tmp']) fs.setxattrSync(place, 'security.selinux', label('disk_t'));
  fs.writeFileSync('/etc/shadow', 'root:*:1:\n');
  fs.setxattrSync('/etc/shadow', 'security.selinux', label('secret_t'));
  const inDomain = (type: string): WorldTask => {
    const task = world.spawn();
    task.fs.writeFileSync('/proc/self/attr/current', `u:r:${type}:s0`);
    return task;
  };
  return { world, fs, web: inDomain('web_t'), admin: inDomain('admin_t') };
}

const avcs = (world: World): string[] =>
  world.audit.filter(({ type }) => type === 1400).map(({ body }) => body.replace(/ pid=\d+ comm="\w+"/, ''));
const avc = (what: string, about: string, type: string, objectClass = 'file'): string =>
  `avc:  denied  { ${what} } for  ${about} scontext=u:r:web_t:s0 tcontext=u:object_r:${type}:s0 tclass=${objectClass} permissive=0`;

describe('ordinary files of a world', () => {
  it('are there for all tasks, with owners and modes', () => {
    const world = createWorld();
    const user = world.spawn({ uid: 1000, gid: 1000 });
    user.fs.writeFileSync('/tmp/own', 'text');
    expect(world.fs.readFileSync('/tmp/own', 'utf8')).toBe('text');
    expect(world.fs.statSync('/tmp/own')).toMatchObject({ uid: 1000, mode: 0o100644 });
    expect(codeOf(() => user.fs.writeFileSync('/etc/motd', ''))).toBe('EACCES');
    world.fs.writeFileSync('/tmp/other', '');
    expect(codeOf(() => user.fs.unlinkSync('/tmp/other'))).toBe('EPERM');
  });

  it('leave mounted filesystems as they are', () => {
    const { fs } = createWorld({ lsm: 'selinux' });
    expect(fs.readFileSync('/sys/fs/selinux/enforce', 'utf8')).toBe('0');
    expect(codeOf(() => fs.rmdirSync('/sys/fs/selinux'))).toBe('EBUSY');
    expect(codeOf(() => fs.renameSync('/etc', '/sys/fs/selinux/etc'))).toBe('EXDEV');
  });
});

describe('a policy decides about ordinary files', () => {
  it('at opening, with the record that a kernel writes', () => {
    const { world, fs, web, admin } = labelled();
    const { ino } = fs.statSync('/etc/shadow');
    expect(admin.fs.readFileSync('/etc/shadow', 'utf8')).toBe('root:*:1:\n');
    expect(codeOf(() => web.fs.readFileSync('/etc/shadow'))).toBe('EACCES');
    expect(avcs(world)).toEqual([avc('read', `name="shadow" dev="tmpfs" ino=${ino}`, 'secret_t')]);
    world.fs.writeFileSync('/sys/fs/selinux/enforce', '0');
    expect(web.fs.readFileSync('/etc/shadow', 'utf8')).toBe('root:*:1:\n');
  });

  it('at making, and new files get the label of the policy', () => {
    const { world, fs, web, admin } = labelled();
    web.fs.writeFileSync('/tmp/page', 'x');
    expect(fs.getxattrSync('/tmp/page', 'security.selinux').toString()).toBe(label('page_t'));
    admin.fs.mkdirSync('/tmp/d');
    expect(admin.fs.getxattrSync('/tmp/d', 'security.selinux').toString()).toBe(label('disk_t'));
    admin.fs.writeFileSync('/proc/self/attr/fscreate', 'u:object_r:secret_t:s0');
    admin.fs.symlinkSync('page', '/tmp/l');
    expect(admin.fs.readlinkSync('/tmp/l')).toBe('page');
    admin.fs.writeFileSync('/tmp/secret', '');
    expect(admin.fs.getxattrSync('/tmp/secret', 'security.selinux').toString()).toBe(label('secret_t'));
    expect(codeOf(() => web.fs.readlinkSync('/tmp/l'))).toBe('EACCES');
    expect(codeOf(() => web.fs.mkdirSync('/tmp/e'))).toBe('EACCES');
    expect(fs.readdirSync('/tmp').sort()).toEqual(['d', 'l', 'page', 'secret']);
    expect(avcs(world).at(-1)).toBe(avc('create', 'name="e"', 'disk_t', 'dir'));
  });

  it('at changing names: labels go with the file, whatever it is called', () => {
    const { world, fs, web, admin } = labelled();
    web.fs.writeFileSync('/tmp/page', 'x');
    web.fs.renameSync('/tmp/page', '/etc/page');
    web.fs.linkSync('/etc/page', '/tmp/again');
    for (const name of ['/etc/page', '/tmp/again'])
      expect(fs.getxattrSync(name, 'security.selinux').toString()).toBe(label('page_t'));
    admin.fs.renameSync('/etc/shadow', '/etc/shadow-');
    expect(fs.getxattrSync('/etc/shadow-', 'security.selinux').toString()).toBe(label('secret_t'));
    const { ino } = fs.statSync('/etc/shadow-');
    const before = avcs(world).length;
    for (const act of [
      () => web.fs.renameSync('/etc/shadow-', '/tmp/mine'),
      () => web.fs.linkSync('/etc/shadow-', '/tmp/mine'),
      () => web.fs.unlinkSync('/etc/shadow-'),
      () => web.fs.renameSync('/tmp/again', '/etc/shadow-'),
    ])
      expect(codeOf(act)).toBe('EACCES');
    const about = `name="shadow-" dev="tmpfs" ino=${ino}`;
    expect(avcs(world).slice(before)).toEqual(
      ['rename', 'link', 'unlink', 'unlink'].map((what) => avc(what, about, 'secret_t')),
    );
    web.fs.unlinkSync('/etc/page');
    expect(fs.readFileSync('/tmp/again', 'utf8')).toBe('x');
  });

  it('at changing attributes and content', () => {
    const { fs, web } = labelled();
    web.fs.writeFileSync('/tmp/page', 'x');
    web.fs.chmodSync('/tmp/page', 0o600);
    fs.setxattrSync('/tmp/page', 'security.selinux', label('noted_t'));
    expect(web.fs.readFileSync('/tmp/page', 'utf8')).toBe('x');
    for (const act of [
      () => web.fs.chmodSync('/tmp/page', 0o666),
      () => web.fs.chownSync('/tmp/page', 5, 5),
      () => web.fs.truncateSync('/tmp/page'),
      () => web.fs.appendFileSync('/tmp/page', 'y'),
      () => web.fs.setxattrSync('/tmp/page', 'user.note', '1'),
      () => web.fs.setxattrSync('/tmp/page', 'security.selinux', label('page_t')),
      () => web.fs.removexattrSync('/tmp/page', 'security.selinux'),
    ])
      expect(codeOf(act)).toBe('EACCES');
    expect(fs.statSync('/tmp/page')).toMatchObject({ mode: 0o100600, uid: 0, size: 1 });
  });

  it('at execution', () => {
    const { fs, web, admin } = labelled();
    for (const type of ['disk_t', 'secret_t']) {
      fs.writeFileSync(`/bin/${type}`, '', { mode: 0o755 });
      fs.setxattrSync(`/bin/${type}`, 'security.selinux', label(type));
    }
    fs.writeFileSync('/bin/plain', '');
    expect(codeOf(() => admin.exec({ path: '/bin/plain' }))).toBe('EACCES');
    expect(codeOf(() => web.exec({ path: '/bin/secret_t' }))).toBe('EACCES');
    expect(web.caller.comm).toBe('init');
    web.exec({ path: '/bin/disk_t' });
    expect(web.caller.comm).toBe('disk_t');
  });

  it('at attributes: values are contexts, and unlabelled files have one', () => {
    const { fs, admin } = labelled();
    admin.setIdentity({ capabilities: 0n }); // CAP_MAC_ADMIN sets contexts that no policy knows
    expect(codeOf(() => admin.fs.setxattrSync('/etc/shadow', 'security.selinux', 'nonsense'))).toBe('EINVAL');
    admin.fs.setxattrSync('/etc/shadow', 'security.selinux', 'u:object_r:page_t:s0');
    expect(admin.fs.getxattrSync('/etc/shadow', 'security.selinux').toString()).toBe(label('page_t'));
    fs.writeFileSync('/etc/plain', '');
    expect(fs.listxattrSync('/etc/plain')).toEqual([]);
    expect(admin.fs.listxattrSync('/etc/plain')).toEqual(['security.selinux']);
    expect(admin.fs.getxattrSync('/etc/plain', 'security.selinux').length).toBeGreaterThan(0);
  });
});

describe('attributes of namespaces', () => {
  const inside = (world: World, id: number, rootUid: number): WorldTask => {
    const ids = [{ inside: 0, first: rootUid, count: 1000 }];
    const userNamespace = { id, ancestors: [], rootUid, rootGid: rootUid, uids: ids, gids: ids };
    return world.spawn({ uid: rootUid, gid: rootUid, userNamespace, capabilities: (1n << 41n) - 1n });
  };
  const ima = (byte: number): Uint8Array => Uint8Array.of(4, 4, ...Array<number>(32).fill(byte));

  it('are apart on one file, under names that only storage has', () => {
    const world = createWorld({ lsm: '' });
    const { fs } = world;
    fs.writeFileSync('/f', '', { mode: 0o666 });
    fs.chownSync('/f', 2001, 2001);
    fs.setxattrSync('/f', 'security.ima', ima(1));
    fs.setxattrSync('/f', 'user.note', 'n');
    const [a, b, c] = [inside(world, 11, 2000), inside(world, 12, 2001), inside(world, 13, 7000)];
    a.fs.setxattrSync('/f', 'security.ima', ima(2));
    b.fs.setxattrSync('/f', 'security.ima', ima(3));
    expect(codeOf(() => c.fs.setxattrSync('/f', 'security.ima', ima(4)))).toBe('EPERM');
    const seen = [world.spawn(), a, b, c].map((task) => task.fs.getxattrSync('/f', 'security.ima')[2]);
    expect(seen).toEqual([1, 2, 3, 1]);
    for (const task of [a, b, world.spawn()])
      expect(task.fs.listxattrSync('/f').sort()).toEqual(['security.ima', 'user.note']);
    expect(fs.listxattrSync('/f').sort()).toEqual([
      'security.ima',
      'trusted.lsmns.000007d0.ima',
      'trusted.lsmns.000007d1.ima',
      'user.note',
    ]);
    fs.renameSync('/f', '/g');
    fs.linkSync('/g', '/h');
    a.fs.removexattrSync('/h', 'security.ima');
    expect([a, b].map((task) => task.fs.getxattrSync('/g', 'security.ima')[2])).toEqual([1, 3]);
  });
});

describe('IMA in memory', () => {
  const rules = (world: World, ...lines: string[]): void =>
    world.fs.writeFileSync(`${IMA}/policy`, `${lines.join('\n')}\n`);
  const list = (world: World): string[] =>
    world.fs
      .readFileSync(`${IMA}/ascii_runtime_measurements`, 'latin1')
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(' ').slice(3).join(' '));
  const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

  it('lists each content that a task opens', () => {
    const world = createWorld({ lsm: 'selinux', parameters: { ima_template: 'ima-ng' } });
    rules(world, 'measure func=FILE_CHECK mask=MAY_READ');
    world.fs.writeFileSync('/etc/passwd', 'one');
    const task = world.spawn();
    for (let count = 0; count < 2; count++) task.fs.readFileSync('/etc/passwd');
    task.fs.writeFileSync('/etc/passwd', 'two');
    task.fs.readFileSync('/etc/passwd');
    world.fs.readFileSync('/etc/passwd');
    expect(list(world)).toEqual(['one', 'two'].map((content) => `sha256:${sha256(content)} /etc/passwd`));
    task.fs.unlinkSync('/etc/passwd');
    task.fs.writeFileSync('/etc/passwd', 'two');
    task.fs.writeFileSync('/tmp/new', 'new');
    task.fs.readFileSync('/tmp/new');
    expect(list(world).slice(2)).toEqual([`sha256:${sha256('new')} /tmp/new`]);
  });

  it('lists programs', () => {
    const world = createWorld({ lsm: '', parameters: { ima_template: 'ima-ng' } });
    rules(world, 'measure func=BPRM_CHECK');
    world.fs.writeFileSync('/bin/tool', '#!', { mode: 0o755 });
    world.spawn().exec({ path: '/bin/tool' });
    expect(list(world)).toEqual([`sha256:${sha256('#!')} /bin/tool`]);
  });

  it('has violations where a file is read and written', () => {
    const world = createWorld({ lsm: '' });
    rules(world, 'measure func=FILE_CHECK mask=MAY_READ');
    world.fs.writeFileSync('/etc/f', 'x');
    const [reader, writer] = [world.spawn(), world.spawn()];
    const fd = writer.fs.openSync('/etc/f', 'a');
    reader.fs.readFileSync('/etc/f');
    writer.fs.closeSync(fd);
    expect(world.fs.readFileSync(`${IMA}/violations`, 'latin1')).toBe('1\n');
  });

  it('appraises, and keeps the digest of a file that is written', () => {
    const world = createWorld({ lsm: '' });
    const task = world.spawn();
    world.fs.writeFileSync('/etc/good', 'good');
    world.fs.writeFileSync('/etc/bad', 'bad');
    const digest = (content: string): Uint8Array => Buffer.from(`0404${sha256(content)}`, 'hex');
    world.fs.setxattrSync('/etc/good', 'security.ima', digest('good'));
    world.fs.setxattrSync('/etc/bad', 'security.ima', digest('good'));
    rules(world, 'appraise func=FILE_CHECK');
    expect(task.fs.readFileSync('/etc/good', 'utf8')).toBe('good');
    expect(codeOf(() => task.fs.readFileSync('/etc/bad'))).toBe('EACCES');
    expect(world.audit.at(-1)?.body).toContain('cause=invalid-hash');
    task.fs.appendFileSync('/etc/good', '!');
    expect(world.fs.getxattrSync('/etc/good', 'security.ima')).toEqual(digest('good!'));
    expect(task.fs.readFileSync('/etc/good', 'utf8')).toBe('good!');
    task.fs.writeFileSync('/etc/new', 'made');
    expect(task.fs.getxattrSync('/etc/new', 'security.ima')).toEqual(digest('made'));
  });

  it('has EVM guard what is changed behind its back', () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const world = createWorld({ lsm: '', rootType: 'tmpfs', encryptedKeys: { 'evm-key': key } });
    world.fs.writeFileSync('/sys/kernel/security/evm', '1');
    world.fs.writeFileSync('/etc/f', 'x');
    const task = world.spawn();
    task.fs.setxattrSync('/etc/f', 'security.ima', Buffer.from(`0404${sha256('x')}`, 'hex'));
    const hmac = world.fs.getxattrSync('/etc/f', 'security.evm');
    expect(hmac).toHaveLength(21);
    task.fs.chmodSync('/etc/f', 0o600);
    expect(world.fs.getxattrSync('/etc/f', 'security.evm')).not.toEqual(hmac);
    world.fs.chmodSync('/etc/f', 0o644);
    expect(codeOf(() => task.fs.chmodSync('/etc/f', 0o600))).toBe('EPERM');
  });
});
