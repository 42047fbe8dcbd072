import { describe, expect, it } from 'vitest'
import { wordsOf } from './upstream-words.js'

describe('the words of a web page', () => {
  it('are its title, else its text without scripts and tags', () => {
    expect(wordsOf('<html><title>502 Bad Gateway</title>x').message).toBe('502 Bad Gateway')
    expect(wordsOf('<html><style>a{}</style><p>not\n <b>now</b></p><script>f(').message).toBe('not now')
  })

  it.each(['<', '<script>', '<title', '<title>a', '<style', '<a '])(
    'are found in no time in a megabyte of %s',
    (piece) => {
      const page = `<html>${piece.repeat(1_000_000 / piece.length)}`
      const startedAt = performance.now()
      wordsOf(page)
      expect(performance.now() - startedAt).toBeLessThan(500)
    },
  )
})
