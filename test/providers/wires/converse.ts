import { crc32 } from 'node:zlib'
import { type Answer, halves, TOKENS, writtenBy } from '../answer.js'

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export function converseFrames(answer: Answer): Buffer[] {
  const { thinking, signature, text, tools = [], usage = TOKENS } = answer
  const frames = [frame('messageStart', { role: 'assistant' })]
  let index = 0
  const block = (start: object | undefined, deltas: readonly object[]) => {
    const contentBlockIndex = index++
    if (start) frames.push(frame('contentBlockStart', { contentBlockIndex, start }))
    for (const delta of deltas) frames.push(frame('contentBlockDelta', { contentBlockIndex, delta }))
    frames.push(frame('contentBlockStop', { contentBlockIndex }))
  }
  if (thinking !== undefined) {
    const words = halves(thinking).map((piece) => ({ reasoningContent: { text: piece } }))
    block(undefined, [...words, ...(signature ? [{ reasoningContent: { signature } }] : [])])
  }
  if (text !== undefined)
    block(
      undefined,
      halves(text).map((piece) => ({ text: piece })),
    )
  for (const tool of tools) {
    const { id, name } = tool
    const pieces = halves(writtenBy(tool)).map((piece) => ({ toolUse: { input: piece } }))
    block({ toolUse: { toolUseId: id, name } }, pieces)
  }
  if (!answer.cut) {
    const byFinish = {
      stop: tools.length > 0 ? 'tool_use' : 'end_turn',
      length: 'max_tokens',
      filter: 'guardrail_intervened',
    }
    frames.push(frame('messageStop', { stopReason: byFinish[answer.finish ?? 'stop'] }))
    frames.push(
      frame('metadata', {
        metrics: { latencyMs: 1 },
        usage: {
          inputTokens: usage.input - usage.cached,
          cacheReadInputTokens: usage.cached,
          outputTokens: usage.output,
          totalTokens: usage.input + usage.output,
        },
      }),
    )
  }
  return frames
}

/** An error in the stream. */
export function converseException(type: string, payload: object): Buffer {
  return frame(type, payload, 'exception')
}

/** A message of AWS's event stream: lengths, headers, payload and two checksums. */
function frame(type: string, payload: object, kind: 'event' | 'exception' = 'event'): Buffer {
  const headers = Buffer.concat(
    Object.entries({
      [`:${kind}-type`]: type,
      ':content-type': 'application/json',
      ':message-type': kind,
    }).map(([name, value]) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(value.length)
      return Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7]),
        length,
        Buffer.from(value),
      ])
    }),
  )
  const body = Buffer.from(JSON.stringify(payload))
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(headers.length + body.length + 16, 0)
  prelude.writeUInt32BE(headers.length, 4)
  const message = Buffer.concat([prelude, checksum(prelude), headers, body])
  return Buffer.concat([message, checksum(message)])
}

function checksum(bytes: Buffer): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(crc32(bytes))
  return out
}
