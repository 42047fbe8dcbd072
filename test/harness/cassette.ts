import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Cassette, type CassetteAnswer, parseCassette } from '../../core/cassette/format.js'
import { played } from '../../core/cassette/playback.js'
import type { Call as CallType } from '../../core/contract/call.js'
import type { Reply as ReplyType } from '../../core/contract/reply.js'
import { UpstreamError, type UpstreamFailure } from '../../core/errors/gateway-errors.js'
import { Call } from '../../core/exchange/call.js'
import { Reply } from '../../core/exchange/reply.js'
import { iterableSource } from '../../core/stream/source.js'

/** A recorded request as a test: its call, and the answers that its upstreams gave. */
export interface LoadedCassette {
  readonly cassette: Cassette
  /** The request as its client sent it. */
  call(): CallType
  /** The answer to the next attempt, at once; past the last one the last one again. Rejects where there was none. */
  answer(): Promise<ReplyType>
}

/**
 * Loads a file that `agproxy record` wrote. Throws an Error for one that is no cassette, or of another version.
 *
 * @example
 * const { call, answer } = loadCassette(new URL('slow.json', import.meta.url))
 * const chain = await testChain(config, { answer })
 * const reply = await chain.send(call())
 */
export function loadCassette(file: string | URL): LoadedCassette {
  const path = typeof file === 'string' ? file : fileURLToPath(file)
  const cassette = parseCassette(readFileSync(path, 'utf8'), basename(path))
  if (!cassette) throw new Error(`${path} is no cassette`)
  const { request, attempts, id } = cassette
  let next = 0
  return {
    cassette,
    call: () =>
      Call.of({
        id,
        method: request.method,
        path: request.path,
        query: request.query,
        headers: request.headers,
        bytes: Buffer.from(JSON.stringify(request.body)),
      }),
    async answer() {
      const attempt = attempts[Math.min(next++, attempts.length - 1)]
      if (!attempt) throw new Error(`the request of ${path} reached no upstream`)
      const { answer, failure = 'connect' } = attempt
      if (!answer) throw new UpstreamError(failure as UpstreamFailure, `recorded: ${failure}`)
      const { status, headers } = answer
      if (answer.events) return Reply.stream(iterableSource(fromUpstream(answer)), { status, headers })
      const chunks = []
      for await (const chunk of fromUpstream(answer)) chunks.push(chunk)
      return Reply.bytes(Buffer.concat(chunks), { status, headers })
    },
  }
}

async function* fromUpstream(answer: CassetteAnswer): AsyncGenerator<Buffer> {
  try {
    yield* played(answer, 'at-once')
  } catch (error) {
    throw new UpstreamError('reset', (error as Error).message)
  }
}
