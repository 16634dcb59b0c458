import { z } from 'zod';
import { postOptions } from '../http/options.ts';
import { secretReference } from '../secret.ts';

export const Options = z.strictObject({
  /** As Campfire shows it for a bot and a room: `https://chat.example.com/rooms/ID/BOT-KEY/messages`. */
  url: secretReference(),
  ...postOptions,
});

export type Options = z.output<typeof Options>;
