// `npm run deb [-- DIRECTORY]`: makes lsmfs_VERSION_ARCH.deb of what is built. Nothing is fetched, here or when it is installed. Who is
// named as its maintainer: DEBFULLNAME and DEBEMAIL, as for Debian's own tools.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { noticeOf } from './notices.js';

const root = path.resolve(import.meta.dirname, '..');
const read = (name) => readFileSync(path.join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json'));
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const arch = ARCHITECTURES[process.arch];
if (arch === undefined) throw new Error(`no package for ${process.arch}`);
const MAINTAINER = `${process.env.DEBFULLNAME ?? 'the lsmfs maintainers'} <${process.env.DEBEMAIL ?? 'lsmfs@users.noreply.github.com'}>`;

/** Packages that the program loads at run time; the others are in its bundles. createWorld() is for npm, and so is memfs. */
const LOADED = ['@foxglove/wasm-zstd', `@koromix/koffi-linux-${process.arch}`];
/** The package with the notice, where that is another one. */
const NOTICE = { [`@koromix/koffi-linux-${process.arch}`]: 'koffi' };
/** For another C library, for building, or for people. */
const NOT_NEEDED =
  /\/(musl_[^/]*|[^/]*\.(md|map|ts|txt)|LICENSE[^/]*|dist\/(types|man|testing[^/]*)|(index|internals)\.([cm]js|d\.[cm]ts))$/;
const NOTHING = /^$/;

const DEPENDS = ['libc6 (>= 2.25)', 'libgcc-s1', 'libstdc++6', 'nodejs (>= 20)'];
const RECOMMENDS = ['selinux-utils', 'uidmap'];
const SUGGESTS = ['apparmor', 'auditd', 'policycoreutils', 'selinux-policy-default'];
const DESCRIPTION = `Description: run programs on a kernel that seems to have SELinux or AppArmor
 lsmfs gives unmodified programs the security modules that the running kernel
 lacks: SELinux, AppArmor, Smack, TOMOYO, IMA, EVM and others. Their files,
 mounts, system calls, labels, decisions and audit records are those of Linux
 6.12. There is no virtual machine, and no need for root.
 .
 It serves to test, teach and design. It is not a security boundary.
`;

/** The directory for the state of root's worlds stays where one still runs. */
const AFTER_REMOVAL = `#!/bin/sh
set -e
case $1 in
  remove | purge) rmdir /run/lsmfs 2>/dev/null || : ;;
esac
`;

const releases = [...read('CHANGELOG.md').matchAll(/^## (\S+) \((\d{4}-\d\d-\d\d)\)$/gm)];
const [, , date = '1970-01-01'] = releases[0] ?? [];
const moment = new Date(`${date}T00:00:00Z`);

const tree = mkdtempSync(path.join(tmpdir(), 'lsmfs-deb-'));
try {
  chmodSync(tree, 0o755);
  fill();
  const [directory = root] = process.argv.slice(2);
  const file = path.resolve(directory, `lsmfs_${manifest.version}_${arch}.deb`);
  const environment = { ...process.env, SOURCE_DATE_EPOCH: String(moment.getTime() / 1000) };
  const args = ['--root-owner-group', '-Zxz', '--build', tree, file];
  execFileSync('dpkg-deb', args, { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  console.log(file);
} finally {
  rmSync(tree, { recursive: true, force: true });
}

function fill() {
  const lib = 'usr/lib/lsmfs';
  copy('bin/lsmfs', `${lib}/bin/lsmfs`);
  copy('dist', `${lib}/dist`);
  copy('package.json', `${lib}/package.json`);
  for (const name of LOADED) copy(`node_modules/${name}`, `${lib}/node_modules/${name}`);
  mkdirSync(path.join(tree, 'usr/bin'), { recursive: true });
  symlinkSync('../lib/lsmfs/bin/lsmfs', path.join(tree, 'usr/bin/lsmfs'));
  for (const page of execFileSync('ls', ['dist/man/man1'], { cwd: root, encoding: 'utf8' }).trim().split('\n'))
    write(`usr/share/man/man1/${page}.gz`, gzipSync(read(`dist/man/man1/${page}`), { level: 9 }));
  for (const [shell, place] of Object.entries({
    bash: 'bash-completion/completions/lsmfs',
    zsh: 'zsh/vendor-completions/_lsmfs',
    fish: 'fish/vendor_completions.d/lsmfs.fish',
  })) {
    write(`usr/share/${place}`, execFileSync(path.join(root, 'bin/lsmfs'), ['completion', shell]));
  }
  copy('README.md', 'usr/share/doc/lsmfs/README.md', NOTHING);
  copy('docs', 'usr/share/doc/lsmfs/docs', NOTHING);
  write('usr/share/doc/lsmfs/copyright', copyright());
  write('usr/share/doc/lsmfs/changelog.gz', gzipSync(changelog(), { level: 9 }));
  write('usr/share/doc/lsmfs/NEWS.md.gz', gzipSync(read('CHANGELOG.md'), { level: 9 }));
  write('usr/share/lintian/overrides/lsmfs', overrides());
  write('DEBIAN/control', control());
  write('DEBIAN/md5sums', sums());
  write('DEBIAN/postrm', AFTER_REMOVAL);
  for (const script of execFileSync('find', [tree, '-type', 'd'], { encoding: 'utf8' }).trim().split('\n'))
    chmodSync(script, 0o755);
  for (const name of execFileSync('find', [tree, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n'))
    chmodSync(name, /\/(bin\/lsmfs|postrm)$/.test(name) ? 0o755 : 0o644);
}

function copy(from, to, unwanted = NOT_NEEDED) {
  const target = path.join(tree, to);
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(path.join(root, from), target, { recursive: true, filter: (name) => !unwanted.test(name) });
}

function write(name, content) {
  mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
  writeFileSync(path.join(tree, name), content);
}

function control() {
  const size = Number(execFileSync('du', ['-sk', '--apparent-size', tree], { encoding: 'utf8' }).split('\t')[0]);
  return `Package: lsmfs
Version: ${manifest.version}
Architecture: ${arch}
Maintainer: ${MAINTAINER}
Installed-Size: ${size}
Depends: ${DEPENDS.join(', ')}
Recommends: ${RECOMMENDS.join(', ')}
Suggests: ${SUGGESTS.join(', ')}
Section: devel
Priority: optional
${DESCRIPTION}`;
}

function sums() {
  return execFileSync('sh', ['-c', 'find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum'], { cwd: tree });
}

/** In the form of Debian's changelogs; CHANGELOG.md is beside it. */
function changelog() {
  return releases
    .map(([, version, day]) => {
      const when = new Date(`${day}T00:00:00Z`).toUTCString().replace('GMT', '+0000');
      return `lsmfs (${version}) unstable; urgency=medium\n\n  * Release ${version}: see NEWS.md.\n\n -- ${MAINTAINER}  ${when}\n`;
    })
    .join('\n');
}

/** In Debian's form: each notice as it is. */
function copyright() {
  const indented = (text) =>
    text
      .split('\n')
      .map((line) => (line.trim() === '' ? ' .' : ` ${line}`))
      .join('\n');
  const holders = (text, author) => {
    const lines = text
      .split('\n')
      .filter((line) => /copyright (\(c\)|©|\d)/i.test(line))
      .map((line) => line.trim());
    return lines.length > 0 ? lines.join('\n           ') : (author ?? 'its authors');
  };
  const own = read('LICENSE').trim();
  const others = LOADED.map((loaded) => {
    const { license, author, text } = noticeOf(path.join(root, 'node_modules', NOTICE[loaded] ?? loaded));
    const label = `${license}-${loaded.replace(/[^a-z]+/g, '-').replace(/^-/, '')}`;
    const full = text || `${license}, as its package.json says.`;
    return `Files: usr/lib/lsmfs/node_modules/${loaded}/*\nCopyright: ${holders(text, author)}\nLicense: ${label}\n${indented(full)}\n`;
  });
  // What is under Apache's licence is in internals.cjs alone, which is not in the package.
  const notices = read('dist/THIRD-PARTY-NOTICES.txt').split(/^-{80}$/m);
  const bundled = notices
    .filter((notice) => !notice.includes('Apache License'))
    .join('')
    .trim();
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: lsmfs\n',
    `Files: *\nCopyright: ${holders(own)}\nLicense: Expat\n${indented(own)}\n`,
    `Files: usr/lib/lsmfs/dist/*\nCopyright: ${holders(bundled)}\nLicense: Expat-and-others\n${indented(bundled)}\n`,
    ...others,
  ].join('\n');
}

function overrides() {
  const koffi = `usr/lib/lsmfs/node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;
  return `# dash has ulimit, too.
lsmfs: bash-term-in-posix-shell * [usr/lib/lsmfs/bin/lsmfs:*]
# A native module as its makers ship it.
lsmfs: binary-has-unneeded-section .comment [${koffi}]
lsmfs: hardening-no-bindnow [${koffi}]
lsmfs: hardening-no-fortify-functions [${koffi}]
`;
}
