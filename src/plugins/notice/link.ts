import { z } from 'zod';

/** An option for a page that a notice leads to, such as the site, or the run of a pipeline. */
export function link() {
  const error = 'expected a URL that begins with https:// or http://';
  return z.url({ protocol: /^https?$/, error }).max(2000);
}
