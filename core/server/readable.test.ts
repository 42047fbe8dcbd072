import { describe, expect, it } from 'vitest'
import { type LoggedRequest, painter, readableRequest, secondsText } from './readable.js'

const plain = painter(false)
const request: LoggedRequest = {
  level: 'info',
  method: 'POST',
  path: '/v1/messages',
  status: 200,
  ending: 'complete',
  model: 'claude-opus-5-5',
  mappedModel: 'glm-4.7',
  account: 'glm',
  inputTokens: 1_000,
  cacheReadTokens: 9_000,
  outputTokens: 311,
  firstContentMs: 840,
  ms: 3_210,
}

describe('a request for people', () => {
  it('is one line', () => {
    expect(readableRequest(request, '08:40:47', plain)).toBe(
      '08:40:47 claude-opus-5-5 → glm-4.7  glm  200  10.0k in (90 % cached), 311 out  first 840 ms  total 3.2 s\n',
    )
  })

  it('says why it failed, with its attempts under it', () => {
    const failed: LoggedRequest = {
      level: 'warn',
      method: 'POST',
      path: '/v1/messages',
      status: 429,
      ending: 'complete',
      model: 'glm-4.7',
      error: 'the upstream reported rate_limit_error (429)',
      ms: 65_000,
      tries: [
        {
          account: 'one',
          status: 429,
          error: 'rate_limit_error',
          ms: 12,
          cooldown: { reason: 'rate-limit', ms: 30_000 },
        },
        { account: 'two', failure: 'connect', cooldown: { reason: 'unauthorised', ms: null } },
      ],
    }
    expect(readableRequest(failed, '08:40:47', plain)).toBe(
      '08:40:47 glm-4.7  429  total 1 min 5 s  the upstream reported rate_limit_error (429)\n' +
        '         ↳ one  429 rate_limit_error, 12 ms; one cools down 30.0 s (rate limit)\n' +
        '         ↳ two  connect; two cools down until the config changes (unauthorised)\n',
    )
  })

  it('is dim when fine, and has a colour when not', () => {
    expect(readableRequest(request, 't', painter(true))).toContain('\x1b[2mt\x1b[22m \x1b[2mclaude')
    expect(readableRequest({ ...request, level: 'error' }, 't', painter(true))).toContain('\x1b[31mclaude')
  })

  it('holds no command for a terminal that came with a path', () => {
    const { model: _, ...rest } = request
    const line = readableRequest({ ...rest, path: '/a\x1b[2J\nb' }, 't', plain)
    expect(line).toContain('POST /a�[2J�b')
    expect(line.split('\n')).toHaveLength(2)
  })

  it.each([
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [150_000, '2 min 30 s'],
  ])('%d ms is %s', (ms, text) => expect(secondsText(ms)).toBe(text))
})
