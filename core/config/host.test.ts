import { describe, expect, test } from 'vitest'
import { hostOption } from './host.js'

const parse = (host: string) => hostOption().safeParse(host)

describe('a host to listen on', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    [' 0.0.0.0 ', '0.0.0.0'],
    ['::', '::'],
    ['[::]', '::'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['[FD00::0:5]', 'fd00::5'],
    ['localhost', 'localhost'],
    ['LOCALHOST', 'LOCALHOST'],
    ['gateway.lan.', 'gateway.lan.'],
    ['my_host', 'my_host'],
    ['10-0-0-5.example', '10-0-0-5.example'],
    ['1password.local', '1password.local'],
    [`${'a'.repeat(60)}.${'b'.repeat(60)}.example`, `${'a'.repeat(60)}.${'b'.repeat(60)}.example`],
  ])('%s is %s', (host, canonical) => {
    expect(parse(host).data).toBe(canonical)
  })

  test.each([
    [' ', 'an IP address or a host name'],
    ['*', 'all of this machine are 0.0.0.0'],
    ['0', 'a whole IP address'],
    ['127.1', 'a whole IP address'],
    ['0x7f.0.0.1', 'a whole IP address'],
    ['2130706433', 'a whole IP address'],
    ['256.0.0.1', 'a whole IP address'],
    ['192.168.0.0/16', 'one address, not a network'],
    ['fd00::/8', 'one address, not a network'],
    ['[fd00::5]/64', 'one address, not a network'],
    ['https://gateway.lan', 'without a scheme'],
    ['http://127.0.0.1:8045/v1', 'without a scheme'],
    ['127.0.0.1:8045', 'the port is server.port'],
    ['[::1]:8045', 'the port is server.port'],
    ['localhost:80', 'the port is server.port'],
    ['fe80::1%eth0', 'without a zone'],
    ['fe80::1', 'link-local'],
    ['[127.0.0.1]', 'an IP address or a host name'],
    ['[my-host]', 'an IP address or a host name'],
    ['a b', 'an IP address or a host name'],
    ['-a.example', 'an IP address or a host name'],
    ['a..b', 'an IP address or a host name'],
    ['bücher.example', 'an IP address or a host name'],
    ['ho\u200bst', 'an IP address or a host name'],
    ['a'.repeat(64), 'an IP address or a host name'],
    [`${'a.'.repeat(127)}a`, 'an IP address or a host name'],
  ])('%j is refused in words', (host, message) => {
    expect(
      parse(host)
        .error?.issues.map((issue) => issue.message)
        .join(),
    ).toContain(message)
  })
})
