import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readFileAt, whyUnreadable } from '../files/read.js'
import { isRecord, parseJson } from '../json/plain.js'
import { type Cassette, type CassetteAttempt, parseCassette } from './format.js'

/** An attempt that can be played. */
export interface Track {
  readonly cassette: Cassette
  readonly attempt: CassetteAttempt
  /** From 1. */
  readonly number: number
}

/** Which track answers a request, and whether it was recorded for just this one. */
export interface Found extends Track {
  readonly same: boolean
}

interface Slot {
  readonly track: Track
  /** Digests of what left for the upstream, and of what the client had sent. */
  readonly digests: readonly string[]
  used: boolean
}

/** The cassettes of a folder, by the time of their requests. */
export class CassetteFolder {
  readonly #slots: Slot[] = []
  readonly size: number

  /** Throws an Error for a folder that cannot be read or holds none, and for a cassette that cannot be played. */
  constructor(dir: string) {
    const names = readdirSync(dir).filter((name) => name.endsWith('.json'))
    const cassettes = names
      .flatMap((name) => parseCassette(textOf(join(dir, name)), name) ?? [])
      .sort((a, b) => (a.at < b.at ? -1 : 1))
    if (cassettes.length === 0) throw new Error(`${dir} holds no cassette`)
    this.size = cassettes.length
    for (const cassette of cassettes)
      cassette.attempts.forEach((attempt, i) => {
        const bodies = [attempt.body ?? cassette.request.body, cassette.request.body]
        this.#slots.push({
          track: { cassette, attempt, number: i + 1 },
          digests: bodies.map(digestOf),
          used: false,
        })
      })
  }

  get tracks(): number {
    return this.#slots.length
  }

  /**
   * The first unplayed track of a request with this body, else the last one of them again; else the first unplayed one of all.
   * Undefined when everything else was played.
   */
  find(body: Buffer): Found | undefined {
    const digest = digestOf(parseJson(body.toString('utf8')))
    const same = this.#slots.filter(({ digests }) => digests.includes(digest))
    const slot = same.find(({ used }) => !used) ?? same.at(-1) ?? this.#slots.find(({ used }) => !used)
    if (!slot) return undefined
    slot.used = true
    return { ...slot.track, same: same.length > 0 }
  }
}

function textOf(file: string): string {
  try {
    return readFileAt(file, Number.POSITIVE_INFINITY).toString('utf8')
  } catch (error) {
    throw new Error(`${file} ${whyUnreadable(error)}`)
  }
}

/** Without `metadata`, which is not recorded as it was. */
function digestOf(body: unknown): string {
  const { metadata: _, ...rest } = isRecord(body) ? body : {}
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex')
}
