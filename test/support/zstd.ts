const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const MAX_BLOCK = 128 * 1024

/**
 * A valid zstd frame of stored blocks (RFC 8878 §3.1.1). Node 20 has no zstd and a test upstream needs only the format,
 * so nothing is compressed here.
 */
export function zstdStored(bytes: Buffer): Buffer {
  // Frame header: no checksum, no dictionary, no content size; window of 128 kB (exponent 7, mantissa 0).
  const out: Buffer[] = [MAGIC, Buffer.from([0x00, 7 << 3])]
  const blocks = Math.max(1, Math.ceil(bytes.length / MAX_BLOCK))
  for (let i = 0; i < blocks; i++) {
    const part = bytes.subarray(i * MAX_BLOCK, (i + 1) * MAX_BLOCK)
    const header = Buffer.alloc(3)
    const last = i === blocks - 1 ? 1 : 0
    header.writeUIntLE((part.length << 3) | last, 0, 3) // block type 0: raw
    out.push(header, part)
  }
  return Buffer.concat(out)
}
