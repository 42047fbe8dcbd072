import type { ReadStream } from 'node:tty'
import { isForeground } from './foreground.js'

/** What a key does, and in which words that is told. */
export interface KeyAction {
  readonly key: string
  readonly does: string
  run(): unknown
}

/** The terminal that keys come from, as far as it is used. */
export type Keyboard = Pick<
  ReadStream,
  'on' | 'off' | 'pause' | 'resume' | 'setRawMode' | 'unref' | 'setEncoding'
>

const CTRL_C = '\u0003'
const CTRL_Z = '\u001a'
const CLEAR = '\u001b[2J\u001b[3J\u001b[H'

/** Whether keys can be had: on a terminal, in the foreground. */
export const hasKeyboard = () =>
  process.stdin.isTTY === true && process.stdout.isTTY === true && isForeground()

/**
 * Listens to single keys while the gateway runs, as development servers do; `h` prints them. The terminal hands Ctrl-C and Ctrl-Z over as
 * keys then: the first becomes the signal that it stands for, the second stops the process group with the terminal as it was before.
 * Returns what gives the terminal back.
 */
export function listenToKeys(
  actions: readonly KeyAction[],
  out: (text: string) => void,
  keyboard: Keyboard = process.stdin,
): () => void {
  const all: readonly KeyAction[] = [
    ...actions,
    { key: 'c', does: 'clear the screen', run: () => out(CLEAR) },
    { key: 'h', does: 'these keys', run: () => out(help()) },
  ]
  const help = () => `${all.map(({ key, does }) => `  ${key}  ${does}`).join('\n')}\n`
  const onKeys = (text: string) => {
    for (const key of text) {
      if (key === CTRL_C) process.emit('SIGINT', 'SIGINT')
      else if (key === CTRL_Z) suspend()
      else void act(all.find((each) => each.key === key.toLowerCase()))
    }
  }
  const act = async (action: KeyAction | undefined) => {
    try {
      await action?.run()
    } catch (error) {
      out(`${(error as Error).message}\n`)
    }
  }
  const begin = () => {
    if (!isForeground()) return
    keyboard.setRawMode(true)
    keyboard.resume()
    keyboard.unref()
  }
  const end = () => {
    keyboard.setRawMode(false)
    keyboard.pause()
  }
  const suspend = () => {
    end()
    process.kill(0, 'SIGTSTP')
  }
  keyboard.setEncoding('utf8')
  keyboard.on('data', onKeys)
  keyboard.on('error', end) // the terminal is gone
  if (process.platform !== 'win32') process.on('SIGCONT', begin)
  begin()
  return () => {
    process.off('SIGCONT', begin)
    keyboard.off('data', onKeys)
    keyboard.off('error', end)
    end()
  }
}
