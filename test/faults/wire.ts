import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A connection without a client library: what is written goes out as it is. */
export interface Wire {
  readonly socket: Socket
  /** What has come so far. */
  readonly text: () => string
  /** Resolves with all that came, when the other side ends it. */
  readonly ended: Promise<string>
}

export function wire(url: string, bytes: string | Buffer = ''): Wire {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  const chunks: Buffer[] = []
  const text = () => Buffer.concat(chunks).toString()
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(text())))
  socket.write(bytes)
  return { socket, text, ended }
}

/** Status and JSON body of the one answer in what came over a wire. */
export function answerIn(text: string): { readonly status: number; readonly body: Record<string, unknown> } {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) }
}
