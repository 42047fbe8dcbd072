import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { CassetteFolder, type Found } from '../cassette/folder.js'
import { played, type Timing } from '../cassette/playback.js'
import { errorBody } from '../errors/api-errors.js'

export interface ReplayOptions {
  readonly dir: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly timing: Timing
  /** Each request, in words. */
  readonly told: (line: string) => void
}

export interface ReplayServer {
  readonly url: string
  readonly cassettes: number
  readonly answers: number
  close(): Promise<void>
}

/** Serves the answers of a folder's cassettes as an upstream of the Messages API. */
export async function startReplay({ dir, host, port, timing, told }: ReplayOptions): Promise<ReplayServer> {
  const folder = new CassetteFolder(dir)
  const server = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy())
  })

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req)
    const path = req.url?.split('?')[0]
    if (req.method !== 'POST' || path !== '/v1/messages')
      return refuse(res, `a replay answers POST /v1/messages alone, not ${req.method} ${path}`)
    const found = folder.find(body)
    if (!found) {
      told('no cassette is left for a request')
      return refuse(res, 'every cassette was played, and none is of this request')
    }
    told(line(found))
    await play(found, res, timing)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    cassettes: folder.size,
    answers: folder.tracks,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function play(
  { attempt: { answer, failure } }: Found,
  res: ServerResponse,
  timing: Timing,
): Promise<void> {
  if (!answer) throw new Error(failure)
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const { signal } = gone
  if (timing === 'recorded') await sleep(answer.ms, undefined, { signal })
  res.writeHead(answer.status, answer.headers)
  if (answer.events) res.flushHeaders()
  for await (const chunk of played(answer, timing, signal))
    if (!res.write(chunk)) await new Promise((resolve) => res.once('drain', resolve).once('close', resolve))
  res.end()
}

function line({ cassette, attempt, number, same }: Found): string {
  const result = attempt.answer ? String(attempt.answer.status) : attempt.failure
  return `${cassette.id} attempt ${number}: ${result}${same ? '' : ' (another request: the next in order)'}`
}

function refuse(res: ServerResponse, message: string): void {
  res.writeHead(404, { 'content-type': 'application/json' })
  res.end(JSON.stringify(errorBody('not_found_error', message)))
}
