/** Three numbers a value, in the order of the text: where it begins, where it ends, and the index of what follows it. */
export type Tape = Int32Array

/** A part of a text that another text has too, in positions of the new one; `shift` is how much further back it was in the old one. */
export interface Kept {
  readonly from: number
  readonly to: number
  readonly shift: number
}

/** Finds in the tape of an old text the values that a new one still has, which asks in the order of its text. */
export class Reuse {
  /** The value of the old text that was looked at last, and the part that the new one is in. */
  #cursor = 0
  #part = 0

  constructor(
    private readonly tape: Tape,
    private readonly parts: readonly Kept[],
  ) {}

  /** How many numbers the value at a position of the new text has in the old tape, with all that is in it; 0: it is new. */
  find(at: number): number {
    const { tape, parts } = this
    while (this.#part < parts.length && at >= parts[this.#part]!.to) this.#part++
    const part = parts[this.#part]
    if (part === undefined || at < part.from) return 0
    const old = at - part.shift
    let cursor = this.#cursor
    while (cursor * 3 < tape.length && tape[cursor * 3]! < old)
      cursor = tape[cursor * 3 + 1]! <= old ? tape[cursor * 3 + 2]! : cursor + 1
    this.#cursor = cursor
    // A number that ends with its part may go on behind it.
    if (tape[cursor * 3] !== old || tape[cursor * 3 + 1]! + part.shift >= part.to) return 0
    return (tape[cursor * 3 + 2]! - cursor) * 3
  }

  /** Writes what was found into the new tape, and says where it ends in the new text. */
  copy(into: Int32Array, start: number): number {
    const { tape } = this
    const { shift } = this.parts[this.#part]!
    const from = this.#cursor * 3
    const next = tape[from + 2]!
    const further = start / 3 - this.#cursor
    for (let i = from, to = start; i < next * 3; i += 3, to += 3) {
      into[to] = tape[i]! + shift
      into[to + 1] = tape[i + 1]! + shift
      into[to + 2] = tape[i + 2]! + further
    }
    this.#cursor = next
    return tape[from + 1]! + shift
  }
}
