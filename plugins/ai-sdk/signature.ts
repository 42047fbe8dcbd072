import { isRecord, SEAL } from '../../core/kit.js'
import type { ProviderOptions } from './language-model.js'

/**
 * What a provider wants back with the next request (Gemini's thought signatures, OpenAI's encrypted reasoning), in the two
 * places that every client of the Messages API replays untouched: the `signature` of a thinking block and the `data` of a
 * `redacted_thinking` block. `agp1.` and base64url of JSON.
 */
export interface Sealed {
  /** The model's `provider`: no other one can use it. */
  readonly provider: string
  readonly metadata: ProviderOptions
  /** In a `redacted_thinking` block: the part that it belongs to. Without it the block is thinking without words. */
  readonly of?: Owner
}

/** A tool call by its id, or the latest text or thinking before the block. */
export type Owner = 'text' | 'thinking' | { readonly tool: string }

export function seal(sealed: Sealed): string {
  return SEAL + Buffer.from(JSON.stringify(sealed)).toString('base64url')
}

/** Undefined for what this provider did not sign: other upstreams' signatures, other providers', later layouts, garbage. */
export function unseal(signature: unknown, provider: string): Sealed | undefined {
  if (typeof signature !== 'string' || !signature.startsWith(SEAL)) return undefined
  try {
    const sealed = JSON.parse(Buffer.from(signature.slice(SEAL.length), 'base64url').toString()) as Sealed
    return sealed.provider === provider && isOptions(sealed.metadata) ? sealed : undefined
  } catch {
    return undefined
  }
}

/** Later values win; a null never replaces a value. Providers spread one item's metadata over start, deltas and end. */
export function merged(parts: readonly (ProviderOptions | undefined)[]): ProviderOptions {
  const all: Record<string, Record<string, unknown>> = {}
  for (const metadata of parts) {
    for (const [provider, options] of Object.entries(metadata ?? {})) {
      all[provider] ??= {}
      for (const [name, value] of Object.entries(options ?? {}))
        if (value !== null && value !== undefined) all[provider][name] = value
    }
  }
  return all
}

function isOptions(value: unknown): value is ProviderOptions {
  return isRecord(value) && Object.values(value).every(isRecord)
}
