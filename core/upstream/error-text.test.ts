import { describe, expect, it } from 'vitest'
import { wordsOfText } from './error-text.js'

describe('the words of a web page', () => {
  it('are its title, else its text without scripts and tags', () => {
    expect(wordsOfText('<html><title>502 Bad Gateway</title>x').message).toBe('502 Bad Gateway')
    expect(wordsOfText('<html><style>a{}</style><p>not\n <b>now</b></p><script>f(').message).toBe('not now')
  })

  it.each(['<', '<script>', '<title', '<title>a', '<style', '<a '])(
    'are found in no time in a megabyte of %s',
    (piece) => {
      const page = `<html>${piece.repeat(1_000_000 / piece.length)}`
      const startedAt = performance.now()
      wordsOfText(page)
      expect(performance.now() - startedAt).toBeLessThan(500)
    },
  )
})

describe('the words of an event stream under an error status', () => {
  it.each([
    [
      'event:error\ndata:{"code":"InvalidParameter","message":"<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]"}\n\n',
      '<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]',
    ],
    ['id: 1\nevent: error\n:HTTP_STATUS/429\ndata: {"error":{"message":"slow"}}', 'slow'],
    ['\ufeffevent: ping\ndata: {"type":"ping"}\n\ndata: {"detail":"second"}\n\n', 'second'],
    ['event: error\r\ndata: plain words\r\n\r\n', 'plain words'],
    ['data: [{"error":{"message":"in a list"}}]\n\n', 'in a list'],
  ])('are those of its first event that says something: %j', (text, message) => {
    expect(wordsOfText(text).message).toBe(message)
  })

  it('are the text itself where no event says anything', () => {
    expect(wordsOfText(': only a comment\n\n').message).toBe(': only a comment')
  })
})

it('a byte order mark before JSON is no part of it', () => {
  expect(wordsOfText('\ufeff{"error":{"message":"no"}}').message).toBe('no')
})
