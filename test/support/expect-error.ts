import { expect } from 'vitest'
import type { Seen } from './client.js'

interface Failure {
  type: string
  error: { type: string; message: string }
  request_id: string
}

/** An error as every client reads it, with its id in two places. */
export function expectError(seen: Seen, status: number, type: string, words: RegExp): void {
  const body = seen.json<Failure>()
  expect([seen.status, body.type, body.error.type]).toEqual([status, 'error', type])
  expect(body.error.message).toMatch(words)
  expect(body.request_id).toMatch(/^req_[0-9a-f]{24}$/)
  expect(seen.headers['request-id']).toBe(body.request_id)
  expect(seen.headers['content-type']).toBe('application/json')
}
