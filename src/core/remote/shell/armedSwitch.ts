import { sh } from './sh.ts';

/**
 * Waits on fd 3 for a line `: fire`, then does the last part of a switch: the fence, `current` compared once more, rename.
 * The line `: tick` is answered with the clock. Any other line, the end of input, and a minute without `: fire` mean that
 * nothing is to be switched any more. All the while it gives the lock's signs of life, because a server may allow no second
 * channel for them.
 * In: `wait_armed METHOD GENERATION RECORD FROM TO LINK LIMIT_SEC BEAT_EVERY_SEC`, where an empty FROM is no link at all. `status` is 0 when
 * `current` is switched, and 3 when nothing is to be.
 * Fields: `armed` (`perl` answers ticks), `tick`, and `switched`, the clock before and behind the rename, in seconds.
 */
export const ARMED_SWITCH = sh`
wait_armed() {
  status=0
  if perl -e 1 2>/dev/null; then wait_in_perl "$@" || status=$?; else wait_in_shell "$@"; fi
}
beat() { touch ".cutover/locks/beat-$1" 2>/dev/null || :; }
# No process begins between the line and the rename. What follows would hold up others that share the processors of this
# server, so it waits until their lines will have come; the clock tells when it was.
wait_in_perl() {
  perl -e '
    my ($method, $generation, $record, $from, $to, $link, $limit, $pause) = @ARGV;
    my $clock = eval {
      require Time::HiRes;
      my $which = Time::HiRes::CLOCK_MONOTONIC();
      Time::HiRes::clock_gettime($which);
      sub { sprintf "%.6f", Time::HiRes::clock_gettime($which) };
    } || sub { "-" };
    sub field { syswrite STDOUT, "$_[0]\0$_[1]\0" }
    sub fail { field("failure", "@_"); exit 97 }
    sub text { my $text = readlink $_[0]; defined $text ? $text : "" }
    sub beat { open my $file, ">>", ".cutover/locks/beat-$generation" and utime undef, undef, $file }
    sub fence {
      opendir my $locks, ".cutover/locks";
      my ($top) = sort { $b cmp $a } grep { /^g-/ } readdir $locks;
      my $held = text(".cutover/locks/$top");
      fail("E_FENCED", $top, $held) if $top ne $generation || $held ne $record;
    }
    $SIG{ALRM} = sub { exit 3 };
    alarm $limit;
    field("armed", "perl");
    my $lines = "";
    while () {
      if ($lines !~ s/^(.*)\n//) {
        my $ready = "";
        vec($ready, 0, 1) = 1;
        my $found = select $ready, undef, undef, $pause;
        beat() if $found == 0;
        next if $found < 1;
        exit 3 if !sysread STDIN, $lines, 4096, length $lines;
      }
      elsif ($1 eq ": tick") { field("tick", $clock->()) }
      elsif ($1 eq ": fire") { last }
      else { exit 3 }
    }
    my $before = $clock->();
    alarm 0;
    fence();
    fail("E_REFUSED current is not a symbolic link") if !-l "current" && -e _;
    my $now = text("current");
    if ($now ne $to) {
      fail("E_STALE current leads to " . ($now || "nothing") . ", not to " . ($from || "nothing") . ": somebody else changed it") if $now ne $from;
      rename $link, "current" or die "rename: $!\n";
    }
    my $behind = $clock->();
    select undef, undef, undef, 0.03 if $behind ne "-";
    field("switched", "$before $behind");
  ' -- "$@" <&3
}
# A subshell waits, and another one ends it: read has no limit of time everywhere.
wait_in_shell() {
  (
    field armed shell
    IFS= read -r line <&3 || exit 3
    trap '' TERM
    [ "$line" = ": fire" ] || exit 3
    top=
    for each in .cutover/locks/g-*; do top=$\{each##*/}; done
    [ "$top" = "$2" ] || fail E_FENCED "$top $(readlink ".cutover/locks/$top")"
    compare_current "$4" "$5"
    if [ "$now" != "$5" ]; then rename_over "$1" "$6" current; fi
    field switched shell
  ) &
  waiting=$!
  (
    nap=
    trap 'kill "$nap" 2>/dev/null; exit 0' TERM
    left=$7
    pause=$8
    while [ "$left" -gt 0 ]; do
      [ "$left" -lt "$pause" ] && pause=$left
      sleep "$pause" &
      nap=$!
      wait "$nap"
      left=$((left - pause))
      beat "$2"
    done
    kill "$waiting"
  ) </dev/null >/dev/null 2>&1 3<&- &
  watching=$!
  wait "$waiting" || status=$?
  kill "$watching" 2>/dev/null || :
  [ "$status" != 143 ] || status=3
}`;
