import { z } from 'zod';
import { secretReference } from '../secret.ts';

const word = z.string().refine((text) => !text.includes('\0'), 'expected a text without a NUL byte');

const program = {
  /** A text for `sh`. */
  run: word.min(1).optional(),
  /** Or a program and its arguments, which no shell reads. */
  argv: z.tuple([word.min(1)], word).optional(),
  /** Where it runs. Default: where the configuration is. */
  directory: z.string().min(1).default('.'),
  variables: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of letters, digits and _'),
      z.union([word, secretReference()]),
    )
    .default({}),
};

const either = {
  path: ['run'],
  message: 'expected either `run`, a text for the shell, or `argv`, a list of program and arguments',
};
const hasEither = ({ run, argv }: { readonly run?: unknown; readonly argv?: unknown }) =>
  (run === undefined) !== (argv === undefined);

export const Options = z
  .strictObject({
    ...program,
    /** What is done with a run that was cut short. Only who wrote the command knows. */
    interrupted: z.enum(['again', 'skip', 'fail']).default('fail'),
  })
  .refine(hasEither, either);

export type Options = z.output<typeof Options>;

export const NotifierOptions = z.strictObject(program).refine(hasEither, either);

export type NotifierOptions = z.output<typeof NotifierOptions>;
