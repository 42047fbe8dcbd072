import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

const CHUNK = 64 * 1024
/** Bytes from the end of the file in which its last lines are looked for. */
const TAIL = 1024 * 1024

/** Reads a log's lines, also when it is put aside and begins anew. */
export class LogLines {
  #fd: number
  #at = 0
  #rest = ''
  #decoder = new StringDecoder('utf8')

  constructor(private readonly path: string) {
    this.#fd = openSync(path, 'r')
  }

  last(count: number): string[] {
    this.#at = Math.max(0, fstatSync(this.#fd).size - TAIL)
    const isCut = this.#at > 0
    const lines = this.more()
    return (isCut ? lines.slice(1) : lines).slice(-count)
  }

  skip(): string[] {
    this.#at = fstatSync(this.#fd).size
    return []
  }

  /** The lines that came since the last time. */
  more(): string[] {
    const lines = this.#read()
    const now = statSync(this.path, { throwIfNoEntry: false })
    if (now === undefined || now.ino === fstatSync(this.#fd).ino) return lines
    closeSync(this.#fd)
    this.#fd = openSync(this.path, 'r')
    this.#at = 0
    return [...lines, ...this.#read()]
  }

  #read(): string[] {
    const chunk = Buffer.alloc(CHUNK)
    for (;;) {
      const length = readSync(this.#fd, chunk, 0, CHUNK, this.#at)
      if (length === 0) break
      this.#at += length
      this.#rest += this.#decoder.write(chunk.subarray(0, length))
    }
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop()!
    return lines.map((line) => `${line}\n`)
  }
}
