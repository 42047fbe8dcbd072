import { describe, expect, test } from 'vitest'
import { Proxies, proxyWarnings } from './proxies.js'

const HTTPS = 'https://api.example'
const of = (env: NodeJS.ProcessEnv, origin = HTTPS) => new Proxies(env).of(origin)

describe('a proxy of the environment', () => {
  test.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128'],
    ['https://proxy.example', 'https://proxy.example:443'],
    ['http://proxy.example/', 'http://proxy.example:80'],
    ['HTTP://Proxy.Example:3128', 'http://proxy.example:3128'],
    ['proxy.example:3128', 'http://proxy.example:3128'],
    ['localhost:7890', 'http://localhost:7890'],
    ['10.0.0.1:8080', 'http://10.0.0.1:8080'],
    ['[fd00::1]:8080', 'http://[fd00::1]:8080'],
    ['//proxy.example:3128', 'http://proxy.example:3128'],
    [' proxy.example ', 'http://proxy.example:80'],
    ['socks5://127.0.0.1', 'socks5://127.0.0.1:1080'],
    ['socks5h://127.0.0.1:1081', 'socks5://127.0.0.1:1081'],
    ['socks://127.0.0.1:1081/', 'socks5://127.0.0.1:1081'],
  ])('%s is %s', (text, url) => {
    expect(of({ HTTPS_PROXY: text })).toMatchObject({ variable: 'HTTPS_PROXY', url, fault: undefined })
  })

  test.each([
    ['http://me:p%40ss@proxy.example:1', 'me', 'p@ss'],
    ['me:pass@proxy.example:1', 'me', 'pass'],
    ['http://me@proxy.example:1', 'me', ''],
    ['http://me:100%@proxy.example:1', 'me', '100%'],
  ])('%s: user and password are apart from what is shown', (text, user, password) => {
    expect(of({ HTTPS_PROXY: text })).toMatchObject({
      url: 'http://proxy.example:1',
      host: 'proxy.example:1',
      user,
      password,
    })
  })

  test.each([
    ['socks4://127.0.0.1:1080', "names a proxy of the kind 'socks4'"],
    ['quic://me:secret@proxy.example:1', "names a proxy of the kind 'quic'"],
    ['http://', 'is not the address of a proxy'],
    ['http://me:secret@proxy.example:port', 'is not the address of a proxy'],
    ['a b', 'is not the address of a proxy'],
  ])('%s can not be used, which is warned of', (text, fault) => {
    const env = { ALL_PROXY: text }
    expect(of(env)).toMatchObject({ url: undefined, fault: expect.stringContaining(fault) })
    const warnings = proxyWarnings(env)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`ALL_PROXY ${fault}`)
    expect(warnings[0]).not.toContain('secret')
  })

  test.each([
    [{ HTTPS_PROXY: 'a', HTTP_PROXY: 'b' }, 'a', 'b'],
    [{ HTTPS_PROXY: 'a' }, 'a', undefined],
    [{ HTTP_PROXY: 'b' }, 'b', 'b'],
    [{ ALL_PROXY: 'c' }, 'c', 'c'],
    [{ all_proxy: 'c', HTTP_PROXY: 'b' }, 'c', 'b'],
    [{ ALL_PROXY: 'socks5://c', https_proxy: 'a', http_proxy: 'b' }, 'a', 'b'],
    [{ https_proxy: 'lower', HTTPS_PROXY: 'UPPER' }, 'lower', undefined],
    [{ https_proxy: '', HTTPS_PROXY: 'a', HTTP_PROXY: ' ' }, 'a', undefined],
    [{}, undefined, undefined],
  ])('of %j', (env, https, http) => {
    expect(of(env)?.host.split(':')[0]).toBe(https)
    expect(of(env, 'http://api.example')?.host.split(':')[0]).toBe(http)
  })
})

describe('what is exempt by NO_PROXY', () => {
  test.each([
    ['*', HTTPS],
    ['a.example, *', HTTPS],
    ['api.example', HTTPS],
    ['API.Example', HTTPS],
    ['example', HTTPS],
    ['.example', HTTPS],
    ['*.example', HTTPS],
    ['a*.example', HTTPS],
    ['other.example api.example', HTTPS],
    ['api.example:443', HTTPS],
    ['api.example:8443', 'https://api.example:8443'],
    ['https://api.example/', HTTPS],
    ['10.0.0.0/8', 'http://10.1.2.3'],
    ['10.1.2.3', 'http://10.1.2.3:8080'],
    ['10.1.2.3:8080', 'http://10.1.2.3:8080'],
    ['192.168.*', 'http://192.168.3.4'],
    ['fd00::/8', 'http://[fd12::1]'],
    ['[fd12::1]', 'http://[fd12::1]:1'],
    ['fd12::0:1', 'http://[fd12::1]'],
    ['[fd12::1]:1', 'http://[fd12::1]:1'],
    ['172.16.0.0/12,10.0.0.0/8', 'http://10.255.0.1'],
  ])('by %s: %s', (NO_PROXY, origin) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(of({ ALL_PROXY: 'p', [name]: NO_PROXY }, origin)).toBeUndefined()
    }
  })

  test.each([
    ['', HTTPS],
    ['other.example', HTTPS],
    ['pi.example', HTTPS],
    ['api.example.com', HTTPS],
    ['api.example:80', HTTPS],
    ['10.0.0.0/8', 'http://11.0.0.1'],
    ['10.0.0.0/8', 'https://10.example'],
    ['10.0.0.0/99', 'http://10.0.0.1'],
    ['10.1.2.3:81', 'http://10.1.2.3'],
    ['fd00::/8', 'http://[fe00::1]'],
    [',, ,', HTTPS],
  ])('not by %j: %s', (NO_PROXY, origin) => {
    expect(of({ ALL_PROXY: 'p', NO_PROXY }, origin)).toBeDefined()
  })

  // `10.0.0.0/-1` ended the start with a RangeError.
  test.each([
    '10.0.0.0/-1',
    '10.0.0.0/8.5',
    '10.0.0.0/33',
    '10.0.0.0/99999999999',
    '10.0.0.0/8/8',
    '10.0.0.0/1e1',
    '10.0.0.0/x',
    'fd00::/-1',
    'fd00::/129',
    '[fd00::]/8:x',
    '[::1',
    '[example]',
    '10.0.0',
    '300.1.1.1',
    '10.1.2.3:port',
    'api.example:99999',
    'api.example/v1',
    'a_b!c',
    ':80',
    '.',
    '/',
  ])('an entry that can not be meant exempts nothing, and is told of once: %s', (entry) => {
    const env = { ALL_PROXY: 'p', NO_PROXY: `${entry},other.example,${entry}`, no_proxy: entry }
    for (const origin of [HTTPS, 'http://10.1.2.3', 'http://[fd12::1]']) expect(of(env, origin)).toBeDefined()
    expect(of(env, 'http://other.example')).toBeUndefined()
    expect(proxyWarnings(env)).toEqual([
      `NO_PROXY: '${entry}' is left out: it is no host, address or network (example.com, 10.0.0.1, 10.0.0.0/8)`,
    ])
    expect(proxyWarnings({ NO_PROXY: entry })).toEqual([])
  })

  test('its words hold no password', () => {
    expect(proxyWarnings({ ALL_PROXY: 'p', NO_PROXY: 'http://me:secret@api.example' }).join()).not.toContain(
      'secret',
    )
  })

  test('both spellings count', () => {
    const env = { ALL_PROXY: 'p', no_proxy: 'a.example', NO_PROXY: 'b.example' }
    for (const host of ['a', 'b']) expect(of(env, `https://${host}.example`)).toBeUndefined()
  })

  test.each([
    'http://127.0.0.1:1234',
    'http://127.9.9.9',
    'http://localhost:11434',
    'https://app.localhost',
    'http://[::1]:8000',
    'http://0.0.0.0:11434',
    'http://[::]:1',
  ])('this machine is, whatever it says: %s', (origin) => {
    expect(of({ ALL_PROXY: 'p', NO_PROXY: 'other.example' }, origin)).toBeUndefined()
  })
})
