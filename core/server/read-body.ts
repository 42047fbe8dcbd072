import type { IncomingMessage } from 'node:http'
import { ClientGoneError, GatewayError } from '../errors.js'

/**
 * The whole body. Over the limit: a 413, with what still comes thrown away by the server after the answer, so that a
 * client in mid-upload reads the answer instead of a reset. Later than `timeout` ms (0: never): a 408.
 */
export function readBody(req: IncomingMessage, limit: number, timeout: number): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > limit) return Promise.reject(tooLarge(limit, announced))
  if (req.destroyed && !req.readableEnded) return Promise.reject(new ClientGoneError())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const onLate = () => {
      stop()
      reject(tooLate(timeout))
    }
    const timer = timeout > 0 ? setTimeout(onLate, timeout) : undefined
    const stop = () => {
      clearTimeout(timer)
      req.off('data', onData)
      req.off('end', onEnd)
      req.off('error', onGone)
      req.off('close', onGone)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= limit) return
      stop()
      req.on('error', () => {})
      reject(tooLarge(limit, size))
    }
    const onEnd = () => {
      stop()
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    }
    const onGone = () => {
      stop()
      reject(new ClientGoneError())
    }
    req.on('data', onData)
    req.on('end', onEnd)
    req.on('error', onGone)
    req.on('close', onGone)
  })
}

function tooLate(timeout: number): GatewayError {
  const message = `the body did not arrive in ${timeout} ms (server.requestTimeout)`
  return new GatewayError('timeout_error', message, { status: 408 })
}

function tooLarge(limit: number, found: number): GatewayError {
  const message = `the body has ${found} bytes or more, and server.bodyLimit is ${limit}`
  return new GatewayError('request_too_large', message, { retry: false })
}
