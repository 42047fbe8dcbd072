import type { ContentBlock } from '../../core/index.js'
import type { FilePart, SpecVersion, UserPart } from './language-model.js'

/**
 * An image or document as parts. A URL travels on as it is: the gateway fetches nothing on behalf of a client, and a
 * package that can't take URLs says so.
 */
export function fileParts(block: ContentBlock, spec: SpecVersion): UserPart[] {
  const source = (block.source ?? {}) as Readonly<Record<string, unknown>>
  const name = typeof block.title === 'string' ? { filename: block.title } : {}
  const isImage = block.type === 'image'
  switch (source.type) {
    case 'base64': {
      const mediaType = String(source.media_type ?? (isImage ? 'image/png' : 'application/pdf'))
      const data = String(source.data ?? '')
      const file = spec === 'v3' ? data : { type: 'data' as const, data }
      return [{ type: 'file', mediaType, ...(isImage ? {} : name), data: file }]
    }
    case 'url': {
      if (!URL.canParse(String(source.url))) return [omitted(block.type, 'its URL is not valid')]
      const url = new URL(String(source.url))
      const data: FilePart['data'] = spec === 'v3' ? url : { type: 'url', url }
      return [{ type: 'file', mediaType: isImage ? imageTypeOf(url) : 'application/pdf', ...name, data }]
    }
    case 'text':
      return [{ type: 'text', text: titled(block, String(source.data ?? '')) }]
    case 'content':
      return nested(source.content, spec)
    default:
      return [omitted(block.type, `this upstream takes no source of type '${String(source.type)}'`)]
  }
}

/** The model gets a note of what it doesn't see; an answer about a missing picture would be made up. */
function omitted(what: string, why: string): UserPart {
  return { type: 'text', text: `[${what} left out: ${why}]` }
}

function titled({ title, context }: ContentBlock, text: string): string {
  return [title, context, text].filter((line) => typeof line === 'string' && line !== '').join('\n')
}

function nested(content: unknown, spec: SpecVersion): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) return []
  return content.flatMap((block: ContentBlock): UserPart[] =>
    block?.type === 'text' ? [{ type: 'text', text: String(block.text) }] : fileParts(block, spec),
  )
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
}

/** A whole media type always: version 4's Google package refuses `image/*` for a URL. Providers look at the bytes anyway. */
function imageTypeOf(url: URL): string {
  const extension = /\.(\w+)$/.exec(url.pathname)?.[1]?.toLowerCase() ?? ''
  return EXTENSIONS[extension] ?? 'image/jpeg'
}
