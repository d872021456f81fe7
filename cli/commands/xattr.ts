/** `lsmfs xattr`: attributes of user namespaces where they are stored. Exit status 1 when something could not be looked at or changed. */
import { getSystemErrorName } from 'node:util';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type OwnedXattrs,
  rekeyXattrs,
  removeEndedXattrs,
  storedXattrs,
  type XattrFailure,
  type XattrsDone,
  type XattrWork,
} from '../../world/index.ts';
import { confirmed } from '../confirm.ts';
import { failureLine } from '../failure.ts';
import { print } from '../output.ts';
import { Progress } from '../progress.ts';
import { formatJson, formatTable } from '../table.ts';

interface GcFlags {
  readonly id?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXIT_INCOMPLETE = 1;
const HEADER = ['ID', 'ROOT', 'STATE', 'ATTRIBUTES', 'PATH'];

const ABOUT = `

Each user namespace has its own security.ima and security.evm on every file (docs/guides/integrity.md). They are stored as trusted.lsmns.ID.NAME, where ID is
the uid of its root outside of the namespace, in hexadecimal, and ROOT the same in decimal. A namespace has ended when no process is in one with that root. Only root of the host sees
them, outside of worlds. Symbolic links are not followed, mounts below a path not entered, attributes of the host not touched.
Exit status: 0, 1 when the kernel let something not be looked at or changed, 125 when lsmfs itself fails.`;

const EXAMPLES = {
  list: `
Examples:
  lsmfs xattr list /srv/images
  lsmfs xattr list --json . | jq -r '.[] | select(.living | not) | .path'`,
  gc: `
Examples:
  lsmfs xattr gc --dry-run /srv/images
  lsmfs xattr gc --yes /srv/images
  lsmfs xattr gc --id=00001271 /srv/images     of this namespace alone`,
  rekey: `
Examples:
  lsmfs xattr rekey 00001271 000186a0 /srv/restored

Where the new namespace has the attribute already, neither is changed.`,
} as const;

const bytes = (path: string): string => Buffer.from(path, 'utf8').toString('latin1');
const text = (shown: string): string => Buffer.from(shown, 'latin1').toString('utf8');

export function addXattr(program: Command): void {
  const group = program
    .command('xattr')
    .description('attributes of user namespaces, as they are stored with files')
    .addHelpText('after', Object.values(EXAMPLES).join('\n').replaceAll('\n\nExamples:', '') + ABOUT);
  group
    .command('list')
    .description('show which namespaces have attributes on files')
    .argument('<path...>', 'files, and directories with all below them')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES.list + ABOUT)
    .action(async (paths: string[], { json }: { readonly json?: boolean }) => {
      const work = new Work();
      const found = await storedXattrs(paths.map(bytes), work);
      work.end();
      print(text(json === true ? formatJson(found) : tableOf(found)));
    });
  group
    .command('gc')
    .description('remove attributes of namespaces that have ended')
    .argument('<path...>', 'files, and directories with all below them')
    .option('--id <id>', 'only of this namespace', parseId)
    .option('--dry-run', 'show what would be removed')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES.gc + ABOUT)
    .action((paths: string[], flags: GcFlags) => collect(paths.map(bytes), flags));
  group
    .command('rekey')
    .description('make the attributes of one namespace those of another')
    .argument('<old>', 'id of the one', parseId)
    .argument('<new>', 'id of the other', parseId)
    .argument('<path...>', 'files, and directories with all below them')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES.rekey + ABOUT)
    .action(async (from: string, to: string, paths: string[], { json }: { readonly json?: boolean }) => {
      const work = new Work();
      const done = await rekeyXattrs(paths.map(bytes), { from, to }, work);
      work.end();
      print(json === true ? formatJson(done) : `moved ${summaryOf(done)}\n`);
    });
}

async function collect(paths: readonly string[], { id, dryRun, yes, json }: GcFlags): Promise<void> {
  const work = new Work();
  if (dryRun === true || yes !== true) {
    const found = await storedXattrs(paths, work, { id });
    work.end();
    if (dryRun === true) return print(text(json === true ? formatJson(found) : tableOf(found)));
    if (found.length > 0 && !(await mayRemove(found))) return;
  }
  const removal = new Work();
  const done = await removeEndedXattrs(paths, removal, id);
  removal.end();
  print(json === true ? formatJson(done) : `removed ${summaryOf(done)}\n`);
}

function mayRemove(found: readonly OwnedXattrs[]): Promise<boolean> {
  // A file may have been found by several names.
  const distinct = [...new Map(found.map((owned) => [`${owned.inode} ${owned.id}`, owned])).values()];
  const attributes = distinct.reduce((sum, { names }) => sum + names.length, 0);
  const files = new Set(distinct.map(({ inode }) => inode)).size;
  const ids = [...new Set(found.map(({ id }) => id))].join(' ');
  const what = `${summaryOf({ attributes, files })}, of ${ids}`;
  return confirmed(`Remove ${what}`, `xattr gc would remove ${what}`, 'Say --yes as well, or --dry-run.');
}

function summaryOf({ attributes, files }: XattrsDone): string {
  return `${attributes} ${attributes === 1 ? 'attribute' : 'attributes'} of ${files} ${files === 1 ? 'file' : 'files'}`;
}

function tableOf(found: readonly OwnedXattrs[]): string {
  const rows = found.map(({ path, id, root, living, names }) => [
    id,
    String(root),
    living ? 'living' : 'ended',
    names.join(','),
    path,
  ]);
  return formatTable(HEADER, rows);
}

function parseId(id: string): string {
  if (!/^[0-9a-f]{8}$/.test(id))
    throw new InvalidArgumentError('it must be 8 hexadecimal digits, as lsmfs xattr list shows it.');
  return id;
}

/** Tells on standard error how far it is, where somebody looks, and what failed. */
class Work implements XattrWork {
  readonly #progress = new Progress();

  progress(files: number): void {
    this.#progress.show(`${files} files`);
  }

  failed({ path, name, errno }: XattrFailure): void {
    this.end();
    const what = name === undefined ? text(path) : `${name} of ${text(path)}`;
    process.stderr.write(failureLine(`${what}: ${getSystemErrorName(-errno)}`));
    process.exitCode = EXIT_INCOMPLETE;
  }

  end(): void {
    this.#progress.end();
  }
}
