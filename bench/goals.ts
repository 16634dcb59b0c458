import { type Ratio, showSpread } from './contest/spread.ts';
import { markdown } from './contest/table.ts';

export type GoalName = keyof typeof goals;

export interface Measured {
  readonly goal: GoalName;
  /** A ratio, or megabytes; null when one of the two has no figure. */
  readonly value: Ratio | number | null;
  /** How it differs from the goal's wording, as with --quick. */
  readonly note?: string;
}

interface Goal {
  readonly scenario: string;
  readonly what: string;
  readonly against: string;
  readonly atMost: number;
}

const ten = 'ten changed of 7,000 files, git source, loopback';
const tenFar = 'ten changed of 7,000 files, git source, at 100 ms round trip';

const goals = {
  tenToRsync: { scenario: 'ten-changed', what: ten, against: 'rsync script', atMost: 0.8 },
  tenToCapistrano: { scenario: 'ten-changed', what: ten, against: 'Capistrano', atMost: 0.2 },
  farToRsync: { scenario: 'ten-changed', what: tenFar, against: 'rsync script', atMost: 0.5 },
  farToLogin: { scenario: 'ten-changed', what: tenFar, against: 'ssh host true', atMost: 2 },
  manyToRsync: {
    scenario: 'ten-changed',
    what: 'ten changed of 100,000, git source, loopback',
    against: 'rsync script',
    atMost: 0.35,
  },
  manyToFew: {
    scenario: 'size',
    what: 'ten changed: 100,000 files against 1,000 files',
    against: 'ourselves',
    atMost: 1.5,
  },
  firstToTar: {
    scenario: 'first-deployment',
    what: 'first deployment, 120 MB, loopback',
    against: 'tar piped through ssh to tar, then cp -al',
    atMost: 1.2,
  },
  largeToRsync: {
    scenario: 'large-file',
    what: 'large file (200 MB), 1 MB changed in the middle, 20 MB/s link',
    against: 'rsync script',
    atMost: 1,
  },
  memoryMany: { scenario: 'memory', what: 'peak memory, 100,000 files', against: 'MB', atMost: 250 },
  memoryLarge: { scenario: 'memory', what: 'peak memory, a 2 GB file', against: 'MB', atMost: 150 },
  sftpToShell: {
    scenario: 'sftp-engine',
    what: 'sftp engine, ten changed of 7,000, loopback',
    against: 'shell engine',
    atMost: 1.5,
  },
  groupToRsync: {
    scenario: 'group',
    what: 'ten changed on 50 servers',
    against: '50 parallel rsync scripts',
    atMost: 0.7,
  },
  groupMemory: { scenario: 'group', what: 'peak memory, 50 servers', against: 'MB', atMost: 400 },
  groupSkew: { scenario: 'group', what: 'skew of 50 servers, loopback', against: 'ms', atMost: 20 },
} as const satisfies Record<string, Goal>;

/** Whether a goal is met is decided by the ratio of the medians. */
export function goalTable(measured: readonly Measured[]): string {
  const rows = Object.entries<Goal>(goals).flatMap(([name, goal]) => {
    const found = measured.filter((each) => each.goal === name);
    if (found.length === 0) return [[...wording(goal), `not measured: --scenario ${goal.scenario}`, '', '']];
    return found.map(({ value, note }) => [
      `${goal.what}${note === undefined ? '' : ` (${note})`}`,
      goal.against,
      `${goal.atMost} or less`,
      ...verdict(value, goal.atMost),
    ]);
  });
  return markdown(['goal', 'against', 'must reach', 'ratio of medians', 'round by round', ''], rows);
}

function wording({ what, against, atMost }: Goal): readonly string[] {
  return [what, against, `${atMost} or less`];
}

function verdict(value: Measured['value'], atMost: number): readonly string[] {
  if (value === null) return ['no figure (see the table)', '', ''];
  const figure = typeof value === 'number' ? value : value.ofMedians;
  return [
    figure.toFixed(typeof value === 'number' ? 0 : 2),
    typeof value === 'number' ? '' : showSpread(value.pairs, 2),
    figure <= atMost ? 'met' : 'missed',
  ];
}
