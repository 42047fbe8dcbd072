import { type FetchLimits, fetchPublic } from './fetch-public.js'

/** A file, or in words why there is none. */
export type Fetched = Buffer | string
export type FetchFile = (url: string) => Promise<Fetched>

/** Bytes of all files that are kept, and how many. */
const KEPT_BYTES = 64 * 1024 * 1024
const KEPT = 1_000

/**
 * Fetches each URL once and keeps what came, an error too: a file that changed or failed in the middle of a session would change
 * the prompt's beginning on every turn. What was used longest ago goes first.
 */
export function fileStore(limits: FetchLimits, fetchFile = fetchPublic): FetchFile {
  const kept = new Map<string, { readonly file: Promise<Fetched>; size: number }>()
  let total = 0
  const trim = () => {
    for (const [url, { size }] of kept) {
      if (total <= KEPT_BYTES && kept.size <= KEPT) return
      kept.delete(url)
      total -= size
    }
  }
  return (url) => {
    let entry = kept.get(url)
    if (entry) kept.delete(url)
    else {
      const file = fetchFile(url, limits).catch((error: Error) => error.message)
      const made = { file, size: 0 }
      entry = made
      void file.then((got) => {
        if (kept.get(url) !== made) return
        made.size = got.length
        total += got.length
        trim()
      })
    }
    kept.set(url, entry)
    trim()
    return entry.file
  }
}
