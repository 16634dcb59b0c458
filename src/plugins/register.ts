import type { Plugin } from '../core/contract/index.ts';
import { plugin as command } from './command/index.ts';
import { plugin as httpCheck } from './http-check/index.ts';
import { plugin as local } from './local/index.ts';
import { plugin as migrations } from './migrations/index.ts';
import { plugin as ssh2 } from './ssh2/index.ts';
import { plugin as wait } from './wait/index.ts';
import { plugin as webhook } from './webhook/index.ts';

/** What comes with the program. Their code loads when a configuration names them. */
export const builtIn: readonly Plugin[] = [command, httpCheck, local, migrations, ssh2, wait, webhook];
