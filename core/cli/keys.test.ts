import { spawn, spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { builtCli, emptyFolder } from '../../test/support/cli.js'
import { type Keyboard, listenToKeys } from './keys.js'

const cli = builtCli()

class FakeKeyboard extends EventEmitter {
  raw = false
  setRawMode = (raw: boolean) => {
    this.raw = raw
    return this
  }
  pause = () => this
  resume = () => this
  unref = () => this
  setEncoding = () => this
}

describe('keys', () => {
  it('do what they say, whatever the case, and nothing when they mean nothing', async () => {
    const keyboard = new FakeKeyboard()
    const out: string[] = []
    const run = vi.fn()
    const release = listenToKeys(
      [
        { key: 'a', does: 'the accounts', run },
        { key: 'b', does: 'fails', run: () => Promise.reject(new Error('no gateway answers')) },
      ],
      (text) => out.push(text),
      keyboard as unknown as Keyboard,
    )
    keyboard.emit('data', 'aAx')
    expect(run).toHaveBeenCalledTimes(2)
    keyboard.emit('data', 'h')
    expect(out).toEqual(['  a  the accounts\n  b  fails\n  c  clear the screen\n  h  these keys\n'])
    keyboard.emit('data', 'bc')
    await expect.poll(() => out.at(-1)).toBe('no gateway answers\n')
    expect(out.some((text) => text.includes('\u001b[2J'))).toBe(true)
    release()
    keyboard.emit('data', 'a')
    expect(run).toHaveBeenCalledTimes(2)
    expect(keyboard.raw).toBe(false)
  })

  it('Ctrl-C is the signal that it is without them', () => {
    const keyboard = new FakeKeyboard()
    const stopped = vi.fn()
    process.once('SIGINT', stopped)
    const release = listenToKeys([], () => {}, keyboard as unknown as Keyboard)
    keyboard.emit('data', '\u0003')
    release()
    expect(stopped).toHaveBeenCalledOnce()
  })
})

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

/** The built command on a terminal of its own. */
function onTerminal(command: string) {
  const home = emptyFolder()
  const { PATH } = process.env
  const env = { PATH, TERM: 'xterm', XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, NO_COLOR: '1' }
  const child = spawn('script', ['-qfec', command, '/dev/null'], { cwd: home, env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let seen = ''
  child.stdout.on('data', (chunk) => {
    seen += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const shows = (text: string | RegExp) => expect.poll(() => seen, { timeout: 10_000 }).toMatch(text)
  return { type: (text: string) => child.stdin.write(text), shows, ended, seen: () => seen }
}

describe.runIf(hasScript)('on a terminal', () => {
  const start = () => `"${process.execPath}" "${join(cli.folder, 'bin.js')}" start -p 0`

  it('a gateway shows its keys, its accounts, its page, reloads, and quits', async () => {
    const terminal = onTerminal(start())
    await terminal.shows('h shows them')
    terminal.type('h')
    await terminal.shows(/u {2}open the page\s+a {2}the accounts\s+r {2}reload the config\s+q {2}quit/)
    terminal.type('a')
    await terminal.shows(/echo +echo +0 in flight +usable/)
    terminal.type('u')
    await terminal.shows(/http:\/\/127\.0\.0\.1:\d+\/_agproxy\/#key=[\w-]{43}/)
    terminal.type('r')
    await terminal.shows('config reloaded: no setting changed')
    terminal.type('q')
    expect(await terminal.ended).toBe(0)
    expect(terminal.seen()).toContain('SIGINT: stopping')
  })

  it('a gateway in the background keeps off the terminal, and runs', async () => {
    const terminal = onTerminal(`bash -ic '${start()} & sleep 2; jobs; kill %1; wait'`)
    await terminal.shows(/\[1\].*Running/)
    expect(terminal.seen()).not.toContain('h shows them')
    await terminal.ended
  })
})
