import { untilSo } from '../../../src/core/testing/untilSo.ts';
import { inContainer } from '../../integration/support/remoteTree.ts';
import type { Site } from './site.ts';

/** Reads what is live on all servers of a site, again and again, until it is stopped. */
export interface Reader {
  stop(): Promise<Readings>;
}

export interface Readings {
  readonly reads: number;
  /** A line each: what went wrong while reading. */
  readonly errors: readonly string[];
  /** In the order in which they changed. */
  readonly seen: readonly Reading[];
}

export interface Reading {
  readonly path: string;
  readonly version: string;
  /** By the clock of the host. */
  readonly atMs: number;
}

let readers = 0;

export async function startReader(site: Site): Promise<Reader> {
  readers += 1;
  const name = `/tmp/reader-${readers}`;
  await inContainer(site.server, ['sh', '-c', START, 'sh', PROGRAM, name, ...site.paths.values()]);
  return {
    async stop() {
      const text = await inContainer(site.server, ['sh', '-c', STOP, 'sh', name]);
      const lines = text.split('\n').filter((line) => line !== '');
      const of = (word: string) =>
        lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
      return { reads: Number(of('reads')[0] ?? 0), errors: of('error'), seen: of('seen').map(readingOf) };
    },
  };
}

function readingOf(line: string): Reading {
  const [atMs, path = '', version = ''] = line.split(' ');
  return { path, version, atMs: Number(atMs) };
}

const START = `program=$1; name=$2; shift 2
printf '%s' "$program" >"$name.pl"
setsid perl "$name.pl" "$@" >"$name.out" 2>&1 </dev/null &
echo $! >"$name.pid"
${untilSo('[ -s "$name.out" ]')}`;

/** The reader says how much it read when it is told to end. */
const STOP = `kill -TERM "$(cat "$1.pid")"
${untilSo('tail -n 1 "$1.out" | grep -q "^reads "')}
cat "$1.out"; rm -f "$1".*`;

/**
 * Enters `current` once and reads the first, the last and a middle file there, as a request would. A release that
 * was taken out of service and removed in the meantime is not an error: `current` leads elsewhere by then.
 */
const PROGRAM = `use strict; use warnings; use Time::HiRes 'time'; $| = 1;
my ($reads, %last) = (0);
$SIG{TERM} = sub { print "reads $reads\\n"; exit 0 };
sub slurp { open(my $f, '<', $_[0]) or return; local $/; my $t = <$f>; close $f; return $t }
while (1) {
  for my $path (@ARGV) {
    $reads++;
    if (!chdir "$path/current") { print "error $path/current cannot be entered: $!\\n"; next }
    my $here = join ':', (stat '.')[0, 1];
    my ($version, $first, $end) = map { slurp($_) // '' } 'version', 'aa/first', 'zz/last';
    my $now = join ':', (stat "$path/current")[0, 1];
    if ($first ne "first of $version" || $end ne "last of $version") {
      print "error $path/current has $version, $first, $end\\n" if $now eq $here;
      next;
    }
    next if defined $last{$path} && $last{$path} eq $version;
    $last{$path} = $version;
    printf "seen %.1f %s %s\\n", time * 1000, $path, $version;
  }
  chdir '/'; select undef, undef, undef, 0.0005;
}`;
