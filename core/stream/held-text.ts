/**
 * Text that comes in pieces and is mapped as if it came as one. The last `hold` characters wait for what follows, and a piece
 * ends only where `map` gives the same for its two sides as for the whole: not inside of something that it recognises.
 */
export class HeldText {
  #held = ''
  /** Without a place to cut, the next search waits for twice the text: each costs up to `hold` calls of `map`. */
  #searchAt = 0

  constructor(
    private readonly map: (text: string) => string,
    private readonly hold: number,
  ) {}

  /** Adds text; returns what may go out. */
  push(text: string): string {
    const { hold } = this
    this.#held += text
    const held = this.#held
    if (held.length <= hold || held.length < this.#searchAt) return ''
    const whole = this.map(held)
    const latest = held.length - hold
    for (let cut = latest; cut > 0 && cut >= latest - hold; cut--) {
      if (isInsideOfCharacter(held, cut)) continue
      const out = this.map(held.slice(0, cut))
      if (!whole.startsWith(out) || whole.slice(out.length) !== this.map(held.slice(cut))) continue
      this.#held = held.slice(cut)
      this.#searchAt = 0
      return out
    }
    this.#searchAt = 2 * held.length
    return ''
  }

  /** The text is over: returns the rest. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    this.#searchAt = 0
    return held === '' ? '' : this.map(held)
  }
}

/** Half of a surrogate pair is no character, and clients in other languages than JavaScript fail on it. */
function isInsideOfCharacter(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)]
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000
}
