/** Where a secret is to be found. The value itself never stands in a configuration. */
export type SecretReference =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: string };

/** A value that shows itself only when asked by name; every other way of printing it gives `***`. */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}
