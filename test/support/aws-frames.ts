import { crc32 } from 'node:zlib'

/** A frame of `application/vnd.amazon.eventstream`. */
export function frame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const text = Buffer.from(value)
      const length = Buffer.alloc(3)
      length.writeUInt8(7, 0)
      length.writeUInt16BE(text.length, 1)
      return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, text])
    }),
  )
  const body = Buffer.from(payload)
  const bytes = Buffer.alloc(16 + head.length + body.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(head.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  head.copy(bytes, 12)
  body.copy(bytes, 12 + head.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4)
  return bytes
}

/** An event of the Messages API, as InvokeModelWithResponseStream sends it. */
export function chunk(event: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64')
  return frame(
    { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify({ bytes, p: 'abcdefgh' }),
  )
}

export function exception(type: string, message: string): Buffer {
  return frame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify({ message }),
  )
}
