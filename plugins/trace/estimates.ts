/** Tokens a byte of English and code in JSON, until a model's own answers tell. */
const USUAL = 0.28
/** The weight of the newest answer. */
const NEWEST = 0.2
/** Clients name models. */
const MOST = 100

/** Reckons a prompt's tokens by its bytes, as the model's answers so far make them: for a record, a count would cost too much. */
export class Estimates {
  readonly #perByte = new Map<string, number>()

  of(model: string, bytes: number): number {
    return Math.max(1, Math.round(bytes * (this.#perByte.get(model) ?? USUAL)))
  }

  learn(model: string, bytes: number, tokens: number): void {
    const known = this.#perByte.get(model)
    if (known === undefined && this.#perByte.size >= MOST) this.#perByte.clear()
    const seen = tokens / bytes
    this.#perByte.set(model, known === undefined ? seen : known + NEWEST * (seen - known))
  }
}
