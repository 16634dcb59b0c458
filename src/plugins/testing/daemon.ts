import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * A process that has a title, as php-fpm and nginx give themselves one, and as many workers as asked for. At `signal` it does what `reload` says:
 * `exec`: ends its workers and executes itself anew; `spawn`: begins new workers and ends the old ones; `both`: begins new ones only;
 * `drain`: and the old ones say that they shut down; `nothing`;
 * `die`.
 */
export async function startDaemon(given: {
  readonly title: string;
  readonly signal: 'USR2' | 'HUP';
  readonly reload: 'exec' | 'spawn' | 'both' | 'drain' | 'nothing' | 'die';
  readonly workers?: number;
}): Promise<{ readonly pid: number } & AsyncDisposable> {
  const { title, signal, reload, workers = 2 } = given;
  const child = spawn('perl', ['-e', DAEMON, title, signal, reload, String(workers)], {
    env: { ...process.env, DAEMON },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await once(createInterface(child.stdout), 'line');
  return {
    pid: child.pid as number,
    async [Symbol.asyncDispose]() {
      end(child);
      await exited;
    },
  };
}

/** Its workers end with their input, which is its own. */
function end(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.stdin?.destroy();
}

const DAEMON = `
use strict;
my ($title, $signal, $reload, $count) = @ARGV;
my @workers;
sub begin {
  for (1 .. $count) {
    my $pid = fork;
    if (!$pid) { $SIG{$signal} = 'DEFAULT'; $0 = 'worker'; $SIG{USR1} = sub { $0 = 'worker process is shutting down' }; 1 until defined sysread STDIN, my $byte, 1; exit 0 }
    push @workers, $pid;
  }
}
sub finish { for (@_) { kill 'KILL', $_; waitpid $_, 0 } }
$SIG{$signal} = sub {
  if ($reload eq 'exec') { finish(@workers); exec $^X, '-e', $ENV{DAEMON}, @ARGV }
  if ($reload eq 'spawn') { my @old = @workers; @workers = (); begin(); finish(@old) }
  if ($reload eq 'both') { @workers = (); begin() }
  if ($reload eq 'drain') { my @old = @workers; @workers = (); begin(); kill 'USR1', @old }
  if ($reload eq 'die') { finish(@workers); exit 1 }
};
begin();
$0 = $title;
$| = 1; print "ready\\n";
sleep 1 while 1;
`;
