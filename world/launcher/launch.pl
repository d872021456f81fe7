# `lsmfs run` of a world on standby, and `lsmfs exec`, without Node, which takes longer to start than all of this. bin/lsmfs runs it first:
#
#   perl launch.pl SCRIPT DIST run|exec|standby WORD...     SCRIPT is bin/lsmfs, DIST the directory of this file
#
# It becomes the command; or, in every case that is not simple or not as expected, SCRIPT once more, with LSMFS_ASKED set, in a process
# as it was, which does the same by Node. Protocol: world/protocol/messages.ts. No modules: each takes a millisecond to load.
use strict;

my ($script, $dist, @line) = @ARGV;
my ($kind, @words) = @line;
my $directory = readlink '/proc/self/cwd';
$_ = m{^/} ? $_ : "$directory/$_" for $script, $dist;
my $asked = '';

my ($booted, $become);
# By Node. Descriptors of ours are close-on-exec, but the one that says to `leave` below that there is a world.
sub node {
  if ($become) { fcntl $become, 2, 0; $ENV{LSMFS_READY_FD} = fileno $become } # F_SETFD
  $ENV{LSMFS_ASKED} = $asked;
  exec '/bin/sh', $script, @line;
  exit 125;
}

delete $ENV{PERL_BADLANG};
sub content { open my $file, '<', $_[0] or return ''; local $/; my $text = <$file>; $text // '' }
my $status = content('/proc/self/status');
my ($capabilities) = $status =~ /^CapEff:\s*([0-9a-f]+)/m or node();
# CAP_SYS_ADMIN is bit 21. Node lets all signals through that were blocked.
node() unless hex(substr $capabilities, -6) & 1 << 21 and $status =~ /^SigBlk:\s*0+$/m and length pack('P', '') == 8;
# Names that bin/lsmfs gives, and Node takes.
node() if grep /^LSMFS_(?:INHERITED$|VARIABLE_)/, keys %ENV;
# In a world: isNested() of nested.ts.
open my $mounts, '<', '/proc/self/mountinfo' or node();
node() if exists $ENV{LSMFS_WORLD} or (stat $mounts)[0] != (stat '/proc')[0] or ($ENV{GITHUB_ACTIONS} // '') eq 'true';
close $mounts;

# The state directory: others must not be able to exchange what is in it (registry/trust.ts).
my $state = $ENV{LSMFS_STATE_DIR} || ($> == 0 && -w (-e '/run/lsmfs' ? '/run/lsmfs' : '/run') ? '/run/lsmfs' : '');
node() unless $state =~ m{^(/[^/]+)+$} && $state !~ m{/\.\.?(/|$)};
for (my $way = ''; $state =~ m{\G(/[^/]+)}g;) {
  $way .= $1;
  my @found = lstat $way or last;
  node() unless -d _ && ($found[4] == $> || $found[4] == 0) && (!($found[2] & 022) || $found[2] & 01000);
}
# Of a world.
sub own { my @found = lstat "$state/$_[0]" or return; -d _ && $found[4] == $> && !($found[2] & 022) }

# Words before the command. Those whose meaning depends on nothing but themselves, and on what the daemon compares, are what was asked for.
my $own = $kind eq 'run' ? 'no-standby$' : '(?:time|count)=';
my $simple = qr/^--(?:(?:enforcing|no-mediation|mediate-log-only|audit-calls|allow-unimplemented)$|$own
  |(?:lsm|security|profile|param|context|mediate|build)=[ -~]*$|(?:policy|file-contexts)=(?:none|auto|small|\/[ -~]*)$)/x;
my (@options, $world);
if ($kind eq 'exec') { $world = shift @words // ''; node() unless $world =~ /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/ && own($world) }
else { while (@words && $words[0] =~ $simple) { push @options, shift @words } }
if (@words && $words[0] eq '--') { shift @words } elsif (grep /^-/, @words) { node() }
node() unless @words xor $kind eq 'standby';
if ($kind ne 'exec') {
  my @program = stat "$dist/daemon.js" or node();
  for (qw(LSMFS_POLICY LSMFS_CONTEXT LSMFS_FAST_PATH)) { push @options, "$_=$ENV{$_}" if exists $ENV{$_} }
  node() if grep /^LSMFS_\w+=$|[^ -~]|^LSMFS_POLICY=(?!none$|auto$|small$|\/)/, @options;
  $asked = join "\t", "$program[0]:$program[1]", grep !/^--(time=|count=|no-standby)/, @options;
}
node() if $kind eq 'standby';

# Messages. send(2) with MSG_NOSIGNAL, so that nothing changes for SIGPIPE.
my ($socket, $pending);
sub quoted { my $text = $_[0]; $text =~ s/(["\\])/\\$1/g; $text =~ s/([\0-\x1f])/sprintf '\u%04x', ord $1/ge; qq("$text") }
sub say { my $text = "$_[0]\n"; while (length $text) { my $sent = send $socket, $text, 0x4000 or return; substr($text, 0, $sent) = '' } 1 }
sub reply {
  until ($pending =~ /\n/) { sysread($socket, $pending, 65536, length $pending) or $! == 4 or return '' } # EINTR
  $pending =~ s/^(.*)\n// && $1
}
# AF_UNIX, SOCK_STREAM; SO_RCVTIMEO of SOL_SOCKET.
sub ask {
  my ($name, $seconds, $question) = @_;
  $pending = '';
  length(my $place = "$state/$name/control") < 108 && socket($socket, 1, 1, 0) or return '';
  setsockopt $socket, 1, 20, pack('qq', $seconds, 0);
  connect($socket, pack('S a108', 1, $place)) && say($question) or return '';
  my $booted = reply();
  $booted =~ /^\{"kind":"booted"/ ? $booted : ''
}
# Worlds on standby, by name: what they were asked for.
sub waiting {
  opendir my $worlds, $state or return;
  map { my ($name) = /^(\w[\w.-]*)$/ or (); own($_) && content("$state/$_/standby") =~ /^(.*)\n/ ? ($_ => $1) : () } readdir $worlds
}

# Leaves a world for the next run, once this process is its command: what comes through the pipe says that there will be one, its end that
# it is there. Who starts it is nobody's child, has nothing of ours open, and is alone: a name of an abstract socket is its lock. Worlds
# that wait for others with the same options are no reason not to, but some are enough. Where somebody traces all that we start, there is none:
# strace -f would wait for it.
my ($most, $said, %refused) = 3;
my $leaves = ($ENV{LSMFS_STANDBY} // (($ENV{CI} // '') eq 'true' ? 'off' : 'on')) ne 'off' && $status !~ /^TracerPid:\t[1-9]/m && !grep $_ eq '--no-standby', @options;
sub leave {
  pipe $said, my $become or return; # whose other end stays open here, or it could be a SIGPIPE
  defined(my $child = fork) or return;
  if ($child) { waitpid $child, 0; return $become }
  exit 0 if fork // 1;
  close $become;
  chdir '/';
  open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null';
  opendir my $all, '/proc/self/fd' or exit 1;
  my $other;
  for (grep { /^\d+$/ && $_ > 2 && $_ != fileno $said && $_ != fileno $all } readdir $all) { open $other, '<&=', $_ and close $other }
  closedir $all;
  sysread $said, my $word, 1 or exit 0;
  sysread $said, $word, 1;
  my $lock;
  socket $lock, 1, 1, 0 and bind $lock, pack('S a*', 1, "\0lsmfs-standby-$state") or exit 0;
  my %waiting = waiting();
  exit 0 if keys %waiting >= $most || grep { $waiting{$_} eq $asked && !$refused{$_} } keys %waiting;
  fcntl $lock, 2, 0; # F_SETFD: as long as it starts
  $ENV{LSMFS_ASKED} = $asked;
  exec 'setsid', '/bin/sh', $script, 'standby', '--left', grep /^--/ && $_ ne '--no-standby', @options;
  exit 1;
}

if ($kind eq 'exec') { $booted = ask($world, 30, '{"kind":"enter"}') or node() }
else {
  my $command = join ',', map quoted($_), @words;
  my $terminal = -t STDERR ? ',"terminalFd":2' : '';
  my %waiting = waiting();
  for (grep { $waiting{$_} eq $asked } keys %waiting) {
    $world = $_;
    last if $booted = ask($world, 1, qq({"kind":"take","asked":${\quoted($asked)},"command":[$command]$terminal}));
    $refused{$_} = 1;
  }
  $become = leave() if $leaves;
  node() unless $booted;
}

# The namespace. All that can be taken back is, when something is not as it was.
my ($daemon, $namespace, $filter, $calls, $bin) = map { $booted =~ /"$_/ ? $1 : node() }
  'daemon":(\d+)', 'namespace":(\d+)', 'filter":"([^"]+)"', 'calls":\{([^}]*)\}', 'bin":"([^"\\\\]+)"';
my %call = $calls =~ /"(\w+)":(\d+)/g;
node() if $booted =~ /"tpm":"/ || (readlink "/proc/$daemon/ns/user" // '') ne readlink '/proc/self/ns/user';
my @before = map { join ':', (stat)[0, 1] } '.', '/';
open my $theirs, '<', "/proc/$daemon/fd/$namespace" or node();
open my $ours, '<', '/proc/self/ns/mnt' or node();
opendir my $root, '/' or node();
opendir my $here, '.' or node();
my $newns = 0x20000; # CLONE_NEWNS
sub back { syscall($call{setns}, fileno $ours, $newns) == 0 && chdir $root && chroot '.' && chdir $here or exit 125; node() }
syscall($call{setns}, fileno $theirs, $newns) == 0 or node();
chdir $directory or $kind eq 'exec' && chdir '/' or back();
back() if $kind eq 'run' && grep { join(':', (stat)[0, 1]) ne shift @before } '.', '/';
$ENV{PATH} .= ":$bin" if ($ENV{PATH} // '') ne '' && !grep { -x ($_ eq '' ? './lsmfs' : "$_/lsmfs") } split /:/, $ENV{PATH}, -1;
my ($file) = $words[0] =~ m{/} ? () : grep -e, map { ($_ eq '' ? '.' : $_) . "/$words[0]" } split /:/, $ENV{PATH} // '', -1;

# The filter, as supervision.ts. Base64 is uuencoding with other letters.
my $program = '';
$filter =~ tr{A-Za-z0-9+/}{ -_};
$filter =~ s/=+$//;
$program .= unpack 'u', chr(32 + int(length($1) * 3 / 4)) . $1 while $filter =~ /(.{1,60})/g;
pipe my $installed, my $place or back();
my ($end, $listener) = (fileno $installed, fileno $place);
while ($booted =~ /"remarks":\[\K"((?:[^"\\]|\\.)*)"|\G,"((?:[^"\\]|\\.)*)"/g) { print STDERR 'lsmfs: ', ($1 // $2) =~ s/\\(.)/$1/gr, "\n" }
say(qq({"kind":"join","devices":[],"listener":$listener,"installed":$end})) or back();
# SECCOMP_SET_MODE_FILTER; NEW_LISTENER, WAIT_KILLABLE_RECV; struct sock_fprog.
my $got = syscall $call{seccomp}, 1, 8 | 32, my $fprog = pack('S x6 P', length($program) / 8, $program);
back() if $got < 0;
syscall $call{dup3}, $got, $listener, 02000000;
syscall $call{close}, $got;
# POLLIN of the daemon's answer, or its end: no call that is notified before.
my ($poll, $time) = (pack('lss', fileno $socket, 1, 0), pack 'qq', 30, 0);
1 while syscall($call{ppoll}, $poll, 1, $time, 0, 0) < 0 && $! == 4; # EINTR
close $_ for $installed, $place;
if (reply() !~ /^\{"kind":"joined"/) { print STDERR "lsmfs: The daemon of the world ended without an answer.\n"; exit 125 }
syswrite $become, '+' if $become;
$ENV{LSMFS_WORLD} = $world;
exec { $file } @words if defined $file;
exec { $words[0] } @words;
my $missing = $! == 2; # ENOENT
print STDERR "lsmfs: cannot run '$words[0]': $!\n";
exit($missing ? 127 : 126);
