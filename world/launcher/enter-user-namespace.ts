/**
 * `lsmfs exec` into a world that a user made without privileges: it has a user namespace of its own, which only a
 * process of one thread can enter, and Node has several. So perl enters it and starts this command line once more, all
 * of it as the same process. nsenter(1) would do, but for the capabilities: it loses them in its exec (before
 * util-linux 2.40 it has no --keep-caps, in 2.41 that does nothing with --user).
 */

import { readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorText, NR } from '../../host/libc.ts';
import { becomeCommand } from '../../host/process/process.ts';
import { LINUX_CAPABILITY_VERSION_3 } from '../../linux/capability.ts';
import { ERRNO } from '../../linux/errno.ts';
import { CLONE_NEWUSER } from '../../linux/process.ts';
import { WorldError } from '../errors.ts';
import { isAlive } from '../registry/process-id.ts';
import { unknownWorld, worldNamed } from '../registry/worlds.ts';
import { EXIT_NOT_FOUND, exitStatusOf, restore } from './become.ts';
import type { InheritedState } from './inherited.ts';

/**
 * Arguments: a process (directory in /proc, start time, which is compared when the namespace is open), numbers of setns,
 * capget, capset and prctl, of variables, these, a command. The permitted capabilities in the
 * entered namespace become inheritable, then ambient: a user other than root keeps only these at exec (capabilities(7)).
 * Constants: PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE. capget(2) gives two sets of effective, permitted, inheritable.
 */
const ENTER = `
my ($process, $start, $setns, $capget, $capset, $prctl, $count, @command) = @ARGV;
delete $ENV{PERL_BADLANG};
for (splice(@command, 0, $count)) { $ENV{$1} = $2 if /^(\\w+)=(.*)$/s; }
sub check { return if $_[0] >= 0; print STDERR "lsmfs: The user namespace of the world cannot be entered: $_[1]: $!.\\n"; exit 125; }
check(open(my $namespace, "<", "$process/ns/user") ? 0 : -1, "open");
check(open(my $stat, "<", "$process/stat") ? 0 : -1, "open");
$! = ${ERRNO.ESRCH};
check(join("", <$stat>) =~ /.*\\)(?: \\S+){19} (\\d+)/s && $1 == $start ? 0 : -1, "stat");
close($stat);
check(syscall($setns, fileno($namespace), ${CLONE_NEWUSER}), "setns");
my ($header, $data) = (pack("LL", ${LINUX_CAPABILITY_VERSION_3}, 0), "\\0" x 24);
check(syscall($capget, $header, $data), "capget");
my @sets = unpack("L6", $data);
@sets[2, 5] = @sets[1, 4];
$data = pack("L6", @sets);
check(syscall($capset, $header, $data), "capset");
for my $capability (0 .. 63) {
  my $permitted = $sets[$capability < 32 ? 1 : 4] >> $capability % 32;
  check(syscall($prctl, 47, 2, $capability, 0, 0), "prctl") if $permitted & 1;
}
close($namespace);
exec { $command[0] } @command;
check(-1, "exec");
`;
/** Perl's own variables, which are the command's too. Without the last it complains about a locale that is not installed. */
const PERL_VARIABLES = ['PERL5OPT', 'PERL5LIB', 'PERL5DB', 'PERLIO', 'PERL_UNICODE', 'PERL_BADLANG'];

/** Returns where the world's user namespace is ours, or the process in its record has ended. @throws WorldError */
export function enterUserNamespace(world: string, inherited: InheritedState): void {
  const record = worldNamed(world).read();
  if (record === undefined) throw unknownWorld(world);
  const { pid, startTime } = record.owner;
  if (!isAlive(record.owner)) return; // the number may be another's by now, who may have made his namespace for us
  const theirs = userNamespace(pid);
  if (theirs === undefined || theirs === userNamespace('self')) return;
  const script = fileURLToPath(new URL('../bin/lsmfs', import.meta.url));
  const numbers = [NR.setns, NR.capget, NR.capset, NR.prctl].map(String);
  const variables = withoutPerlVariables(process.env);
  process.env.PERL_BADLANG = '0';
  restore(inherited);
  const daemon = [`/proc/${pid}`, String(startTime)];
  const input = [...daemon, ...numbers, String(variables.length), ...variables];
  const errno = -becomeCommand(['perl', '-e', ENTER, '--', ...input, script, ...process.argv.slice(2)]);
  const missing = exitStatusOf(errno) === EXIT_NOT_FOUND;
  throw new WorldError(
    'no-privileges',
    `The user namespace of '${world}' cannot be entered: ${missing ? 'there is no perl' : errorText(errno)}.`,
    'Install perl (Debian: perl-base), or run as the user and in the user namespace that made the world.',
  );
}

/** Takes out what perl would heed. @returns it as `NAME=value`. */
function withoutPerlVariables(environment: NodeJS.ProcessEnv): string[] {
  return PERL_VARIABLES.flatMap((name) => {
    const value = environment[name];
    delete environment[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

function userNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined;
  }
}
