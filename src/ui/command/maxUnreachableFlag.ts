import * as Flags from '@oclif/core/flags';

/** `--max-unreachable 1` */
export const maxUnreachableFlag = Flags.integer({
  helpValue: 'N',
  min: 0,
  description:
    'Go on although so many servers are out of reach, and leave them behind. Default: maxUnreachable of the environment.',
});

/** What a request says of it. */
export function maxUnreachableOf(flags: { readonly 'max-unreachable': number | undefined }): {
  readonly maxUnreachable?: number;
} {
  const most = flags['max-unreachable'];
  return most === undefined ? {} : { maxUnreachable: most };
}
