import { describe, expect, it } from 'vitest'
import { PathPattern } from './path-pattern.js'

const at = (pattern: string, path: string) => new PathPattern(pattern).match(path)

describe('a path with variable parts', () => {
  it.each([
    ['/metrics', '/metrics', {}],
    ['/notes/:id', '/notes/7', { id: '7' }],
    ['/notes/:id/tags/:tag', '/notes/a%2Fb/tags/%C3%A4', { id: 'a/b', tag: 'ä' }],
    ['/notes/:id', '/notes/%E0%A4%A', { id: '%E0%A4%A' }],
    ['/page/', '/page/', {}],
    ['/', '/', {}],
  ])('%s matches %s', (pattern, path, params) => {
    expect(at(pattern, path)).toEqual(params)
  })

  it.each([
    ['/metrics', '/metrics/'],
    ['/metrics', '/Metrics'],
    ['/notes/:id', '/notes/'],
    ['/notes/:id', '/notes/a\\b'],
    ['/notes/:id', '/%6Eotes/7'],
    ['/notes/:id', '/notes/7/tags'],
    ['/page/', '/page'],
    ['/a.b', '/aXb'],
  ])('%s does not match %s', (pattern, path) => {
    expect(at(pattern, path)).toBeUndefined()
  })

  it.each([
    ['/notes/:id', '/notes/new', true],
    ['/:a/x', '/y/:b', true],
    ['/notes/:id', '/notes/:name', true],
    ['/notes/:id', '/notes/', false],
    ['/notes/:id', '/tags/:id', false],
    ['/notes', '/notes/:id', false],
  ])('%s and %s overlap: %s', (a, b, overlap) => {
    expect(new PathPattern(a).overlaps(new PathPattern(b))).toBe(overlap)
    expect(new PathPattern(b).overlaps(new PathPattern(a))).toBe(overlap)
  })

  it.each([
    ['notes', /begins with '\/'/],
    [7, /begins with '\/', found '7'/],
    ['/notes/*', /'\*' in '\/notes\/\*'/],
    ['/notes?x=1', /'notes\?x=1'/],
    ['/a b', /'a b'/],
    ['/:', /':'/],
    ['/notes//x', /empty part/],
    ['/:id/:id', /two variable parts/],
  ])('%s is refused in words', (path, words) => {
    expect(PathPattern.problemOf(path)).toMatch(words)
  })
})
