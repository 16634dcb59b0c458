import { firstDeployment } from './firstDeployment.ts';
import { group } from './group.ts';
import { largeFile } from './largeFile.ts';
import { longLink } from './longLink.ts';
import { memory } from './memory.ts';
import { micro } from './micro.ts';
import { nothingChanged } from './nothingChanged.ts';
import { renamedDirectory } from './renamedDirectory.ts';
import type { Scenario } from './scenario.ts';
import { sftpEngine } from './sftpEngine.ts';
import { size } from './size.ts';
import { startUp } from './startUp.ts';
import { startUpPlugins } from './startUpPlugins.ts';
import { tenChanged } from './tenChanged.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  startUp,
  startUpPlugins,
  micro,
  tenChanged,
  size,
  nothingChanged,
  renamedDirectory,
  firstDeployment,
  largeFile,
  longLink,
  memory,
  sftpEngine,
  group,
];
