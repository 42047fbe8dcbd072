import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** Milliseconds that a line may wait, so that a busy gateway makes one system call for many (a write a request costs 10 µs). */
const FLUSH_INTERVAL = 100
const BATCH = 32 * 1024
/** Characters of lines that wait for a reader. What comes beyond them is dropped. */
const LIMIT = 1024 * 1024
/** Milliseconds that a process at its end gives a reader that takes nothing. */
const PATIENCE = 250

/** There is no reader any more, and there will be none. */
const GONE = new Set(['EPIPE', 'EIO', 'EBADF', 'ENXIO', 'ECONNRESET'])

/**
 * Writes the log in batches and never waits for its reader: a pipe that nothing reads, or a terminal that Ctrl-S stopped, would
 * stop the gateway in the middle of a `write`. Lines wait up to a bound; those beyond are dropped, and counted for `onDropped`
 * once the others are out. What waits at the end of the process is written then.
 *
 * A function as the target says before each write where it goes, for a file that is put aside when it is full.
 *
 * `redact` sees many lines at a time; one by one that takes longer than the making of a line.
 */
export class LogOutput implements DestinationStream {
  /** Gets the number of lines that were dropped since the last time. */
  onDropped: (lines: number) => void = () => {}
  readonly #target: () => number
  /** Lines that wait to be redacted, and characters of them that came since the last attempt to write. */
  #lines = ''
  #fresh = 0
  /** What the last write left over. */
  #rest: Buffer = NOTHING
  #dropped = 0
  #gone = false

  constructor(
    target: number | (() => number),
    private readonly redact: (lines: string) => string,
  ) {
    const fd = typeof target === 'number' ? neverBlocking(target) : undefined
    this.#target = fd === undefined ? (target as () => number) : () => fd
    setInterval(() => this.flush(), FLUSH_INTERVAL).unref()
    process.on('exit', () => this.end())
  }

  write(line: string): void {
    if (this.#lines.length >= LIMIT) {
      this.#dropped++
      return
    }
    this.#lines += line
    this.#fresh += line.length
    if (this.#fresh >= BATCH) this.flush()
  }

  /** Writes as much as the reader takes. */
  flush(): void {
    this.#fresh = 0
    if (this.#rest.length === 0 && this.#lines === '') return
    if (this.#rest.length > 0) this.#take(this.#rest)
    if (this.#rest.length > 0) return
    const lines = this.#lines
    this.#lines = ''
    if (lines !== '') this.#take(Buffer.from(this.redact(lines)))
    if (this.#rest.length > 0 || this.#dropped === 0) return
    const dropped = this.#dropped
    this.#dropped = 0
    this.onDropped(dropped)
  }

  /** Writes all that waits; waits for a reader as long as it takes something now and then. */
  end(): void {
    const before = () => this.#rest.length + this.#lines.length
    let until = performance.now() + PATIENCE
    for (let left = before(); left > 0 && performance.now() < until; ) {
      this.flush()
      const now = before()
      if (now < left) until = performance.now() + PATIENCE
      else sleep(5)
      left = now
    }
  }

  #take(bytes: Buffer): void {
    let from = 0
    try {
      const fd = this.#target()
      while (from < bytes.length && !this.#gone) from += writeSync(fd, bytes, from)
    } catch (error) {
      // EAGAIN: the reader has no room. Others, as of a full disk, may pass as well.
      if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) this.#gone = true
    }
    this.#rest = this.#gone ? NOTHING : bytes.subarray(from)
  }
}

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * A descriptor of the same file that answers EAGAIN instead of waiting. A new descriptor where one can be opened: the flag belongs to
 * the open file, which other processes of a terminal or a pipe have in common, and Node takes it away for those that it starts.
 */
function neverBlocking(fd: number): number {
  const stream = fd === 1 ? process.stdout : process.stderr
  const isTerminal = stream.isTTY // the streams that Node opens on pipes and sockets make them non-blocking
  try {
    if (!isTerminal && !fstatSync(fd).isFIFO()) return fd
    const path = process.platform === 'linux' ? `/proc/self/fd/${fd}` : isTerminal ? '/dev/tty' : undefined
    return path === undefined ? fd : openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    return fd // the pipe of another user, or no system with such paths
  }
}

const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
