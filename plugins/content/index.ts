import { bytes, type Call, definePlugin, duration, fixMode, z } from '../../core/index.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { fileStore } from './file-store.js'
import { fetchFiles, repairFiles } from './files.js'
import { Repairs } from './repairs.js'
import { withoutLoneSurrogates } from './surrogates.js'
import { repairTexts } from './texts.js'

/** For `mode: 'always'`, of which an upstream's images are no part: what takes them should get them. */
const STRICTEST = {
  emptyText: false,
  trailingSpace: false,
  loneSurrogates: false,
  imageURLs: false,
  documentURLs: false,
}

/**
 * Makes what messages hold fit the upstream: texts without words, white space at the end, half characters, images and documents. Each
 * of them is a 400, and stays one on every further turn of the session.
 */
export const content = definePlugin({
  name: 'content',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  touches: ['messages', 'system', 'tools'],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
    /** Fetch images and documents by URL for upstreams that take only their bytes. Default: true. */
    fetch: z.boolean().default(true),
    /** Bytes of the largest file that is fetched, or `'5mb'`. Default: 5 MB. */
    fetchLimit: bytes().prefault('5mb'),
    /** Milliseconds that one file may take. Default: 10000. */
    fetchTimeout: duration().default(10_000),
  }),
  create: ({ name, options: { mode, fetch, fetchLimit, fetchTimeout } }) => {
    const fetchFile = fetch
      ? fileStore({ size: fetchLimit, timeout: fetchTimeout })
      : async () => 'files are not fetched here'
    const edited = (call: Call, { edits, changes }: Repairs) => {
      if (edits.length === 0) return undefined
      for (const change of changes.slice(0, MOST_NOTES)) call.record.note(name, change)
      return call.edit(edits)
    }
    return {
      onRequest(given) {
        if (mode === 'never' || !given.target) return
        const taken = given.target.accepts
        const accepts = mode === 'always' ? { ...taken, ...STRICTEST } : taken
        const whole = accepts.loneSurrogates ? given : withoutHalves(given, name)
        const repairs = new Repairs()
        const needs = { words: !accepts.emptyText, noTrailingSpace: !accepts.trailingSpace }
        if (needs.words || needs.noTrailingSpace) repairTexts(whole.tree, whole.roles, needs, repairs)
        const all = accepts.images && accepts.imageURLs && accepts.documents && accepts.documentURLs
        const wanted = all || !hasFiles(whole) ? [] : repairFiles(whole.tree, accepts, repairs)
        if (wanted.length > 0)
          return fetchFiles(wanted, fetchFile, repairs).then(() => edited(whole, repairs))
        return edited(whole, repairs) ?? (whole === given ? undefined : whole)
      },
    }
  },
})

/** A body may have a hundred thousand empty texts. */
const MOST_NOTES = 20

function withoutHalves(call: Call, name: string): Call {
  if (!call.tree.hasSurrogateEscapes) return call
  const edits = withoutLoneSurrogates(call.bytes)
  if (edits.length === 0) return call
  call.record.note(name, 'body: halves of characters became U+FFFD')
  return call.edit(edits)
}

function hasFiles({ tree }: Call): boolean {
  return tree.places('image').length > 0 || tree.places('document').length > 0
}
