/** Width and height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * Anthropic's rule (https://platform.claude.com/docs/en/build-with-claude/vision): one token for each patch of 28 × 28 pixels,
 * after scaling down to at most 1568 pixels on the long edge and 1568 tokens. (Its older form, width · height / 750, gives
 * 1590 instead of 1521 for 1092 × 1092. Claude 4.7 and later take up to 4784 tokens where they are the ones that answer.)
 */
const PATCH = 28
const MAX_EDGE = 1568
const MAX_TOKENS = 1568

/** What an image counts whose size is not known (a URL, a file id, an unknown format): as much as a large one. */
export const TYPICAL_IMAGE = 1_600

/** Base64 characters that are decoded in search of the size: a JPEG may carry a colour profile and a preview before it. */
const HEAD = 512 * 1024

/** Tokens of an image given in base64. */
export function imageTokens(base64: string): number {
  const size = imageSize(Buffer.from(base64.slice(0, HEAD), 'base64'))
  if (!size) return TYPICAL_IMAGE
  const { width, height } = size
  const scale = Math.min(1, MAX_EDGE / Math.max(width, height))
  const patches = Math.ceil((width * scale) / PATCH) * Math.ceil((height * scale) / PATCH)
  return Math.min(patches, MAX_TOKENS)
}

/** The size that the header of a PNG, GIF, WebP or JPEG file states; undefined for anything else or a cut header. */
export function imageSize(file: Buffer): Size | undefined {
  try {
    const size = pngSize(file) ?? gifSize(file) ?? webpSize(file) ?? jpegSize(file)
    return size && size.width > 0 && size.height > 0 ? size : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined // the header ends before it should
    throw error
  }
}

const startsWith = (file: Buffer, text: string, at = 0) =>
  file.toString('latin1', at, at + text.length) === text

/** https://www.w3.org/TR/png/#11IHDR: always the first chunk. */
function pngSize(file: Buffer): Size | undefined {
  if (!startsWith(file, '\x89PNG\r\n\x1a\n')) return undefined
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20) }
}

/** The logical screen of https://www.w3.org/Graphics/GIF/spec-gif89a.txt, section 18. */
function gifSize(file: Buffer): Size | undefined {
  if (!startsWith(file, 'GIF8')) return undefined
  return { width: file.readUInt16LE(6), height: file.readUInt16LE(8) }
}

/** https://developers.google.com/speed/webp/docs/riff_container: lossy, lossless or extended. */
function webpSize(file: Buffer): Size | undefined {
  if (!startsWith(file, 'RIFF') || !startsWith(file, 'WEBP', 8)) return undefined
  switch (file.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      const bits = file.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { width: file.readUIntLE(24, 3) + 1, height: file.readUIntLE(27, 3) + 1 }
    default:
      return undefined
  }
}

/** From segment to segment up to the frame header (ITU T.81, B.2.2): C0 to CF without C4, C8 and CC. */
function jpegSize(file: Buffer): Size | undefined {
  if (!startsWith(file, '\xff\xd8')) return undefined
  for (let at = 2; file.readUInt8(at) === 0xff; ) {
    const marker = file.readUInt8(at + 1)
    if (marker === 0xff) {
      at++ // a fill byte
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { width: file.readUInt16BE(at + 7), height: file.readUInt16BE(at + 5) }
    } else {
      at += 2 + file.readUInt16BE(at + 2)
    }
  }
  return undefined
}
