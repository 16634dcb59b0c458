import { z } from 'zod';
import { duration } from '../duration.ts';
import { oneOrMany } from '../oneOrMany.ts';
import { wordOption } from '../server/options.ts';

/** https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html, "String Escaping for Inclusion in Unit Names". */
const unit = wordOption(
  /^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*$/,
  'expected the name of a unit, like `app.service`',
);

export const Options = z.strictObject({
  unit: oneOrMany(unit),
  do: z.enum(['restart', 'reload', 'reload-or-restart', 'try-restart']).default('restart'),
  /** Units of the system, by `sudo -n systemctl`. Default: those of the user who deploys. */
  sudo: z.boolean().default(false),
  /** How long a unit has to be active, without having been started anew. */
  stable: duration().default(2_000),
  /** For each unit to become active. */
  timeout: duration().default(60_000),
  /** Lines of its journal that are shown when it does not. */
  journalLines: z.int().min(0).max(1_000).default(20),
});

export type Options = z.output<typeof Options>;
