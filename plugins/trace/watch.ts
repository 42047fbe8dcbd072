import type { Call, ExchangeRecord, Step } from '../../core/index.js'
import { type Passage, type SeenCall, type ShownChanges, Sightings } from '../../core/kit.js'

/** Smaller bodies are kept until their request is over. */
const LARGE = 64 * 1024
/** Bytes of the large ones that are kept for the cache doctor while their answers flow: some thirty turns of 300 kB. */
const MOST_OPEN = 8 * 1024 * 1024

/** What all requests share. */
export class Watching {
  /** Bytes that are kept of open requests. */
  open = 0

  constructor(
    readonly shown: ShownChanges,
    /** Keeps the request as its client sent it. */
    readonly keepsFirst: boolean,
    readonly warn: (plugin: string, paths: readonly string[]) => void,
  ) {}
}

/**
 * What is seen of one request. A large one is compared as soon as it has left for an upstream, and again when its answer has begun, so
 * that its bodies, one of each plugin that changed it, are not held for the minutes that the answer may take.
 */
export class Watch {
  first: SeenCall | undefined
  passages: readonly Passage[] = []
  /** As it left for an upstream, last; undefined too where there are too many. */
  sent: Buffer | undefined
  readonly #sightings = new Sightings()
  #open = 0
  #scheduled = false
  #over = false

  constructor(private readonly all: Watching) {}

  add(step: Step, call: Call): void {
    this.#sightings.add(step, call)
    const isEnd = step.way === 'out' || step.plugin === undefined
    const { record } = call
    if (!isEnd || this.#scheduled || (record.facts.requestBytes ?? 0) < LARGE) return
    this.#scheduled = true
    setImmediate(lookAgain, this, record) // what goes out goes first
  }

  lookAgain({ attempts }: ExchangeRecord): void {
    this.#scheduled = false
    if (this.#over) return
    const status = attempts.at(-1)?.status ?? 500
    this.#compare(status >= 400) // there may be another attempt, and it begins with the same call
    this.#leave()
    const { sent } = this
    if (sent && this.all.open + sent.length <= MOST_OPEN) this.all.open += this.#open = sent.length
    else this.sent = undefined
  }

  /** The request is over. */
  end(): void {
    this.#over = true
    this.#compare()
    this.#leave()
  }

  #compare(mayGoOn = false): void {
    const seen = this.#sightings
    const { keepsFirst, shown, warn } = this.all
    seen.end()
    if (keepsFirst) this.first ??= seen.first
    this.sent = seen.last?.bytes ?? this.sent
    this.passages = seen.passages(shown, warn)
    seen.letGo(mayGoOn)
  }

  #leave(): void {
    this.all.open -= this.#open
    this.#open = 0
  }
}

function lookAgain(watch: Watch, record: ExchangeRecord): void {
  watch.lookAgain(record)
}
