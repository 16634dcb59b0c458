import type { Extension, Hook, Notifier, Source, Transport } from '../contract/index.ts';

/** An extension, and the package that was installed to have it; null or missing for what is built in. */
export type FoundExtension<T> = Extension<T> & { readonly from?: string | null };

/** Finds what a configuration names. Every function rejects with `E_PLUGIN` when there is no such extension. */
export interface ExtensionLookup {
  transport(name: string): Promise<FoundExtension<Transport>>;
  hook(name: string): Promise<FoundExtension<Hook>>;
  notifier(name: string): Promise<FoundExtension<Notifier>>;
  source(name: string): Promise<FoundExtension<Source>>;
}
