import { z } from 'zod';

/** An option that says where a secret is to be found; its value never stands in a configuration. */
export function secretReference() {
  return z.union(
    [
      z.strictObject({ env: z.string().min(1) }),
      z.strictObject({ file: z.string().min(1) }),
      z.strictObject({ command: z.string().min(1) }),
    ],
    { error: 'expected where the secret is: `{ env: NAME }`, `{ file: PATH }` or `{ command: "…" }`' },
  );
}
