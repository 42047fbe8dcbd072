import { promisify } from 'node:util'
import { inflate } from 'node:zlib'

/**
 * "Each page typically uses 1,500–3,000 tokens" (https://platform.claude.com/docs/en/build-with-claude/pdf-support):
 * the middle. Anthropic's example of a counted PDF has 2,188.
 */
const PAGE = 2_250

/** A document that only a URL or a file id names may have any length; this many pages are assumed. */
const UNSEEN_PAGES = 5

/** Bytes of a page where the file hides its pages (encrypted, damaged): between a page of text (20 kB) and a scan (100 kB). */
const BYTES_PER_PAGE = 50_000

/** Base64 characters that are decoded in one go (about 1 ms); a multiple of 4. */
const STEP = 1024 * 1024

/** Compressed object lists that are looked into, and the bytes that one may have: a file can claim gigabytes. */
const MAX_OBJECT_STREAMS = 200
const MAX_OBJECT_STREAM = 1024 * 1024

const unzip = promisify(inflate)

export const UNSEEN_DOCUMENT = UNSEEN_PAGES * PAGE

/** Tokens of a PDF in base64. `pause` is called between steps of about a millisecond. */
export async function pdfTokens(base64: string, pause: () => Promise<void>): Promise<number> {
  const file = await decode(base64, pause)
  const pages = await countPages(file, pause)
  return PAGE * (pages || Math.max(1, Math.round(file.length / BYTES_PER_PAGE)))
}

async function decode(base64: string, pause: () => Promise<void>): Promise<Buffer> {
  const file = Buffer.allocUnsafe(Math.ceil((base64.length * 3) / 4))
  let size = 0
  for (let at = 0; at < base64.length; at += STEP) {
    await pause()
    size += file.write(base64.slice(at, at + STEP), size, 'base64')
  }
  return file.subarray(0, size)
}

/**
 * The page objects (`/Type /Page`, not `/Pages`) of a file, also those inside compressed object streams, where PDF 1.5 and
 * later often put them (ISO 32000-1, 7.5.7). 0 when none can be seen.
 */
export async function countPages(file: Buffer, pause: () => Promise<void>): Promise<number> {
  let pages = 0
  let streams = 0
  for (let at = file.indexOf('/Type'); at >= 0; at = file.indexOf('/Type', at + 1)) {
    await pause()
    const type = /^\/Type\s{0,8}\/(Page|ObjStm)\b/.exec(file.toString('latin1', at, at + 24))?.[1]
    if (type === 'Page') pages++
    else if (type === 'ObjStm' && streams++ < MAX_OBJECT_STREAMS) {
      const objects = await objectStream(file, at)
      if (objects === undefined) streams = MAX_OBJECT_STREAMS // no other has an end either
      pages += objects?.match(/\/Type\s{0,8}\/Page\b/g)?.length ?? 0
    }
  }
  return pages
}

/** The text of the object stream whose dictionary is at `at`; empty when it is not plainly deflated, undefined without an end. */
async function objectStream(file: Buffer, at: number): Promise<string | undefined> {
  const keyword = file.indexOf('stream', at)
  const end = file.indexOf('endstream', keyword + 1)
  if (keyword < 0 || end < 0) return undefined
  const start = keyword + 'stream'.length + (file[keyword + 'stream'.length] === 0x0d ? 2 : 1)
  try {
    const objects = await unzip(file.subarray(start, end), { maxOutputLength: MAX_OBJECT_STREAM })
    return objects.toString('latin1')
  } catch {
    return '' // encrypted, filtered in another way, or too large
  }
}
