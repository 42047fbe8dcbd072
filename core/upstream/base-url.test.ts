import { describe, expect, it } from 'vitest'
import { isBaseURL, parseBaseURL } from './base-url.js'

describe('a base URL', () => {
  it.each([
    ['https://api.z.ai/api/anthropic', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.z.ai/api/anthropic/', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.z.ai/api/anthropic///', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.z.ai/api/anthropic/v1', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.z.ai/api/anthropic/v1/', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.z.ai/api/anthropic/v1/messages', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.z.ai/api/anthropic/messages?beta=true#x', 'https://api.z.ai', '/api/anthropic'],
    ['https://api.anthropic.com', 'https://api.anthropic.com', ''],
    ['https://api.anthropic.com/', 'https://api.anthropic.com', ''],
    ['https://api.anthropic.com/v1', 'https://api.anthropic.com', ''],
    ['https://api.anthropic.com:443/v1/', 'https://api.anthropic.com', ''],
    ['HTTP://LOCALHOST:9000/v1', 'http://localhost:9000', ''],
    ['http://[::1]:9000', 'http://[::1]:9000', ''],
    [' http://127.0.0.1:1 ', 'http://127.0.0.1:1', ''],
    ['http://x/api/v1beta', 'http://x', '/api/v1beta'],
    ['http://x/v1/proxy', 'http://x', '/v1/proxy'],
  ])('%s', (text, origin, path) => {
    expect(parseBaseURL(text)).toEqual({ origin, path })
    expect(isBaseURL(text)).toBe(true)
  })

  it.each([
    '',
    'api.z.ai',
    'localhost:8080',
    'ftp://x',
    'file:///etc/passwd',
    'https://user:sk-key@api.z.ai',
  ])('is not: %s', (text) => {
    expect(isBaseURL(text)).toBe(false)
    expect(() => parseBaseURL(text)).toThrow(/^(?!.*sk-key)/)
  })
})
