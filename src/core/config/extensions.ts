import type { Extension, Hook, Notifier, Source, Transport } from '../contract/index.ts';

/** Finds what a configuration names. Every function rejects with `E_PLUGIN` when there is no such extension. */
export interface ExtensionLookup {
  transport(name: string): Promise<Extension<Transport>>;
  hook(name: string): Promise<Extension<Hook>>;
  notifier(name: string): Promise<Extension<Notifier>>;
  source(name: string): Promise<Extension<Source>>;
}
