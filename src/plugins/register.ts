import type { Plugin } from '../core/contract/index.ts';
import { plugin as campfire } from './campfire/index.ts';
import { plugin as cdn } from './cdn/index.ts';
import { plugin as cloudflare } from './cloudflare/index.ts';
import { plugin as command } from './command/index.ts';
import { plugin as datadog } from './datadog/index.ts';
import { plugin as discord } from './discord/index.ts';
import { plugin as docker } from './docker/index.ts';
import { plugin as email } from './email/index.ts';
import { plugin as github } from './github/index.ts';
import { plugin as googleChat } from './google-chat/index.ts';
import { plugin as hipchat } from './hipchat/index.ts';
import { plugin as httpCheck } from './http-check/index.ts';
import { plugin as local } from './local/index.ts';
import { plugin as migrations } from './migrations/index.ts';
import { plugin as newRelic } from './new-relic/index.ts';
import { plugin as nginx } from './nginx/index.ts';
import { plugin as opcache } from './opcache/index.ts';
import { plugin as openssh } from './openssh/index.ts';
import { plugin as phpFpm } from './php-fpm/index.ts';
import { plugin as pm2 } from './pm2/index.ts';
import { plugin as sentry } from './sentry/index.ts';
import { plugin as slack } from './slack/index.ts';
import { plugin as ssh2 } from './ssh2/index.ts';
import { plugin as systemd } from './systemd/index.ts';
import { plugin as teams } from './teams/index.ts';
import { plugin as telegram } from './telegram/index.ts';
import { plugin as wait } from './wait/index.ts';
import { plugin as webhook } from './webhook/index.ts';

/** What comes with the program. Their code loads when a configuration names them. */
export const builtIn: readonly Plugin[] = [
  campfire,
  cdn,
  cloudflare,
  command,
  datadog,
  discord,
  docker,
  email,
  github,
  googleChat,
  hipchat,
  httpCheck,
  local,
  migrations,
  newRelic,
  nginx,
  opcache,
  openssh,
  phpFpm,
  pm2,
  sentry,
  slack,
  ssh2,
  systemd,
  teams,
  telegram,
  wait,
  webhook,
];
