/** What an upstream said in an error body, whatever its shape. */
export interface UpstreamWords {
  /** Undefined where it said nothing that a person could read. */
  readonly message: string | undefined
  /** A business code: z.ai's `{"error":{"code":"1302"}}`, OpenAI's `insufficient_quota`. */
  readonly code: string | undefined
}

const LONGEST = 600
/** Characters of a body that is no JSON: what it says stands at its beginning. */
const READ = 16 * 1024

/** Reads JSON of the shapes that are about, HTML by its title or text, and anything else as text. */
export function wordsOf(body: string): UpstreamWords {
  const text = body.trim()
  if (text === '') return { message: undefined, code: undefined }
  const json = parsed(text)
  if (json !== undefined) return fromJson(json)
  if (/^(<!doctype|<html|<[a-z]+[\s>])/i.test(text))
    return { message: fromHtml(text.slice(0, READ)), code: undefined }
  return { message: text.slice(0, LONGEST), code: undefined }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `error` may be an object, a text or missing; its message stands under one of several names. */
function fromJson(json: unknown): UpstreamWords {
  if (typeof json === 'string') return { message: json.slice(0, LONGEST), code: undefined }
  if (typeof json !== 'object' || json === null) return { message: undefined, code: undefined }
  const outer = json as Record<string, unknown>
  const inner =
    typeof outer.error === 'object' && outer.error !== null ? (outer.error as Record<string, unknown>) : outer
  const message = [inner.message, inner.msg, inner.detail, outer.error, outer.message].find(
    (m) => typeof m === 'string' && m !== '',
  )
  const code = inner.code ?? outer.code
  return {
    message: (message as string | undefined)?.slice(0, LONGEST),
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
  }
}

/** Each pattern is linear: none can begin inside what it has to pass, and a script that is cut off reaches to the end. */
function fromHtml(html: string): string | undefined {
  const title = /<title[^<>]*>([^<]+)<\/title>/i.exec(html)?.[1]
  const text = title ?? html.replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ').replace(/<[^<>]*>/g, ' ')
  return text.replace(/\s+/g, ' ').trim().slice(0, LONGEST) || undefined
}
